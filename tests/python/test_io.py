# playhead.io: safetensors from Python; files that C++ and Python both read.
import errno
import json
import os
import struct

import numpy as np
import pytest
from conftest import close, error

import playhead as ph
from playhead import io, nn, optim


def test_there_and_back(tmp_path):
    path = tmp_path / "a.safetensors"
    tensors = {"w": ph.rand(3, 4), "b": ph.arange(5), "flag": ph.asarray([True, False]), "h": ph.ones(2, dtype=ph.float16), "none": ph.zeros(0, 3), "number": ph.asarray(2.5)}
    tensors["transposed"] = tensors["w"].T
    io.save_safetensors(tensors, path, metadata={"who": "me"})
    back = io.load_safetensors(str(path))
    assert back.metadata["who"] == "me" and set(back) == set(tensors)
    for name, x in tensors.items():
        assert back[name].dtype == x.dtype
        close(back[name], x)
    # The format itself, read without us.
    raw = path.read_bytes()
    (n,) = struct.unpack("<Q", raw[:8])
    header = json.loads(raw[8 : 8 + n])
    at = header["w"]["data_offsets"]
    np.testing.assert_array_equal(np.frombuffer(raw[8 + n :][at[0] : at[1]], np.float32).reshape(3, 4), np.asarray(tensors["w"]))
    assert io.safetensors_bytes(tensors, {"who": "me"}) == raw
    close(io.load_safetensors(raw)["w"], tensors["w"])


def test_models_and_optimisers(tmp_path):
    net = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    adam = optim.Adam(net.parameters(), lr=0.1)
    for _ in range(2):
        adam.zero_grad()
        net(ph.rand(4, 2)).square().sum().backward()
        adam.step()
    io.save(net, tmp_path / "net")
    io.save(adam, tmp_path / "adam")
    other = nn.Sequential(nn.Linear(2, 3), nn.BatchNorm1d(3))
    other.load_state_dict(io.load(tmp_path / "net"))
    again = optim.Adam(other.parameters(), lr=0.1)
    again.load_state_dict(io.load(tmp_path / "adam"))
    x = ph.rand(4, 2)
    for n, o in ((net, adam), (other, again)):
        o.zero_grad()
        n(x).square().sum().backward()
        o.step()
    for a, b in zip(net.parameters(), other.parameters()):
        assert np.array_equal(np.asarray(a.detach()), np.asarray(b.detach()))
    # The names are C++'s.
    assert set(io.load(tmp_path / "adam")) == {"step"} | {f"{i}.{k}" for i in range(4) for k in ("step", "exp_avg", "exp_avg_sq")}


def test_tied_weights(tmp_path):
    a, b = nn.Linear(2, 2), nn.Linear(2, 2)
    b.weight = a.weight
    both = nn.ModuleList([a, b])
    io.save(both, tmp_path / "t")
    back = io.load(tmp_path / "t")
    assert back["0.weight"].data_ptr() == back["1.weight"].data_ptr()


def test_wrong_calls(tmp_path):
    path = tmp_path / "x"
    error(TypeError, "save_safetensors: tensors must be a dict from str to Tensor; got list", lambda: io.save_safetensors([ph.ones(1)], path))
    error(TypeError, "save_safetensors: tensors must be a dict from str to Tensor; got int under 'a'. Put it into metadata, or pickle the whole", lambda: io.save_safetensors({"a": 1}, path))
    error(TypeError, "save_safetensors: names of tensors must be a str; got int", lambda: io.save_safetensors({1: ph.ones(1)}, path))
    error(TypeError, "save_safetensors: values of metadata must be a str; got int", lambda: io.save_safetensors({"a": ph.ones(1)}, path, {"k": 1}))
    error(TypeError, "save_safetensors: path must be a str or a path; got int", lambda: io.save_safetensors({}, 3))
    assert not path.exists()
    error(TypeError, "save_safetensors: tensors must be a dict from str to Tensor; got dict under 'model'. Save each dict to a file of its own, or pickle the whole",
          lambda: io.save({"model": {}, "epoch": 3}, path))
    path.write_bytes(b"\xff" * 20)
    with pytest.raises(ValueError, match="load_safetensors"):
        io.load(path)
    with pytest.raises(ValueError):
        io.load_safetensors(b"")


@pytest.mark.parametrize("kind, number, message, name, call", [
    (FileNotFoundError, errno.ENOENT, "load_safetensors: cannot open the file (No such file or directory)", "nothing", io.load),
    (IsADirectoryError, errno.EISDIR, "load_safetensors: needs a regular file (Is a directory)", ".", io.load_safetensors),
    (IsADirectoryError, errno.EISDIR, "save_safetensors: can only replace a regular file (Is a directory)", "folder", lambda path: io.save({}, path)),
    (FileNotFoundError, errno.ENOENT, "save_safetensors: cannot make a temporary file in the folder (No such file or directory)", "no/file", lambda path: io.save_safetensors({}, path)),
    (NotADirectoryError, errno.ENOTDIR, "load_safetensors: cannot open the file (Not a directory)", "file/below", io.load),
    pytest.param(PermissionError, errno.EACCES, "load_safetensors: cannot open the file (Permission denied)", "secret", io.load,
                 marks=pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")),
])
def test_errors_of_the_system(tmp_path, kind, number, message, name, call):
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "secret").touch(0)
    path = tmp_path / name
    with pytest.raises(kind) as raised:
        call(path)
    assert type(raised.value) is kind and raised.value.errno == number and raised.value.filename == str(path)
    assert str(raised.value) == f"[Errno {number}] {message}: {str(path)!r}"


def test_what_is_no_regular_file(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    error(OSError, f"load_safetensors: needs a regular file; got {tmp_path / 'pipe'}", lambda: io.load(tmp_path / "pipe"))


def test_a_file_that_was_cut_short(tmp_path):
    path = tmp_path / "x"
    io.save({"a": ph.ones(100)}, path)
    whole = path.read_bytes()
    path.write_bytes(whole[:-8])
    error(ValueError, f'load_safetensors: the file is shorter than its header says; got 392 bytes of data, tensor "a" ends at 400. Was it cut short? ({path})', lambda: io.load(path))
