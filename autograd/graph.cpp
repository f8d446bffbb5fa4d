// Walks the tape and writes it as DOT.
#include "playhead/autograd/graph.h"

#include <unordered_map>

#include "playhead/autograd/record.h"

namespace ph {

namespace {
std::string quoted(const std::string& s) {
  std::string r = "\"";
  for (const char c : s) {
    if (c == '"' || c == '\\') r += '\\';
    r += c;
  }
  return r + "\"";
}
}  // namespace

std::string to_dot(const std::vector<Tensor>& outputs, const std::vector<std::pair<std::string, Tensor>>& names) {
  std::string dot = "digraph tape {\n  rankdir=BT;\n  node [fontname=\"sans-serif\", fontsize=10];\n";
  std::unordered_map<const Node*, int> ids;
  std::unordered_map<const Node*, std::string> labels;
  std::vector<const Node*> todo;
  const auto id = [&](const Node* n) {
    const auto [at, is_new] = ids.try_emplace(n, static_cast<int>(ids.size()));
    if (is_new) todo.push_back(n);
    return text("n", at->second);
  };
  for (const auto& [name, x] : names)
    if (x.requires_grad()) labels[gradient_edge(x).node.get()] = name;
  for (const Tensor& y : outputs)
    if (y.requires_grad()) id(gradient_edge(y).node.get());
  while (!todo.empty()) {
    const Node* n = todo.back();
    todo.pop_back();
    std::string label = labels.contains(n) ? labels[n] : n->is_leaf ? "" : n->name;
    for (const OutputInfo& o : n->outputs) label += (label.empty() ? "" : " ") + text(o.shape, o.dtype == float32 ? "" : " ", o.dtype == float32 ? "" : name(o.dtype));
    dot += "  " + id(n) + " [label=" + quoted(label) + (n->is_leaf ? ", shape=ellipse, style=filled, fillcolor=\"#dbe9f6\"" : ", shape=box") + "];\n";
    for (const Edge& e : n->edges)
      if (e.node) dot += "  " + id(e.node.get()) + " -> " + id(n) + ";\n";
  }
  return dot + "}\n";
}

}  // namespace ph
