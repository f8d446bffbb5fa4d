// Note [One allocation]: a fresh CPU tensor's Storage and TensorImpl share one block, and a small one's elements too.
// The block lives until the storage's last reference is gone. Its TensorImpl holds one of them and may die earlier,
// when only views are left; then `destroy` ends its life in place and drops that reference.
#include "playhead/tensor/storage.h"

#include <new>

#include "playhead/tensor/allocator.h"
#include "playhead/tensor/block.h"
#include "playhead/tensor/error.h"
#include "playhead/tensor/kernels.h"

namespace ph {

namespace {
constexpr std::size_t round_up(std::size_t n) { return (n + 63) & ~static_cast<std::size_t>(63); }
constexpr std::size_t header_bytes = round_up(sizeof(detail::BlockStorage) + sizeof(TensorImpl));
// Above this, elements get a block of their own, which can be aligned to pages and reused for any shape.
constexpr std::size_t inline_bytes = 4096;
}  // namespace

namespace detail {

void BlockStorage::destroy() noexcept {
  const std::size_t block = nbytes <= inline_bytes ? header_bytes + round_up(nbytes) : header_bytes;
  if (nbytes > inline_bytes) deallocate(data, nbytes);
  this->~BlockStorage();
  deallocate(this, block);
}

TensorImpl* make_block(std::size_t nbytes) {
  const bool inside = nbytes <= inline_bytes;
  // The large part first: if it fails, nothing is lost.
  void* elements = inside ? nullptr : allocate(nbytes);
  std::byte* block;
  try {
    block = static_cast<std::byte*>(allocate(inside ? header_bytes + round_up(nbytes) : header_bytes));
  } catch (...) {
    if (elements) deallocate(elements, nbytes);
    throw;
  }
  if (inside) elements = block + header_bytes;
  auto* storage = new (block) BlockStorage(elements, nbytes);
  auto* impl = new (block + sizeof(BlockStorage)) TensorImpl;
  impl->embedded = true;
  impl->storage = Ref<Storage>::adopt(storage);
  impl->data = static_cast<std::byte*>(elements);
  return impl;
}

}  // namespace detail

void TensorImpl::destroy() noexcept {
  const bool inside = embedded;
  Storage* s = storage.leak();
  if (base) s = nullptr;  // a view's storage is kept by its base
  this->~TensorImpl();
  if (!inside) deallocate(this, sizeof(TensorImpl));
  if (s) s->release();
}

Ref<Storage> allocate_storage(std::size_t nbytes, Device device) {
  if (device.is_cuda()) return kernels(device).allocate(nbytes, device);
  TensorImpl* impl = detail::make_block(nbytes);
  Ref<Storage> s = impl->storage;
  impl->release();
  return s;
}

}  // namespace ph
