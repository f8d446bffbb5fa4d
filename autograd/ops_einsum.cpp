// einsum: the equation is read, every operand is brought to distinct letters, and pairs are contracted by batched matmul.
#include <string>
#include <vector>

#include "playhead/autograd/ops.h"

namespace ph {

namespace {

constexpr const char* op = "einsum";
constexpr int letters = 52;  // labels below are letters; label 52 + i is the dim of "..." that is i-th from the right
using Labels = std::vector<int>;

struct Term {
  Tensor x;
  Labels labels;  // one per dim
};

struct Equation {
  std::vector<Labels> inputs;
  Labels output;
};

[[noreturn]] void malformed(const std::string& text, const char* rule) { value_error(op, rule, "; got equation=\"", text, "\""); }

int label_of(char c, const std::string& text) {
  if (c >= 'A' && c <= 'Z') return c - 'A';
  if (c >= 'a' && c <= 'z') return c - 'a' + 26;
  malformed(text, "only letters, commas, \"...\" and one \"->\" may stand in an equation");
}
std::string name_of(int label) {
  if (label >= letters) return "...";
  return std::string(1, static_cast<char>(label < 26 ? 'A' + label : 'a' + label - 26));
}

/// One side's letters; `dots` is how many dims "..." stands for, -1 where it may not stand.
Labels read_labels(const std::string& part, int dots, const std::string& text) {
  Labels r;
  bool seen = false;
  for (std::size_t i = 0; i < part.size(); ++i) {
    if (part[i] != '.') {
      r.push_back(label_of(part[i], text));
      continue;
    }
    if (part.compare(i, 3, "...") != 0 || seen) malformed(text, "dots stand in threes, once in an operand");
    for (int d = dots; d > 0; --d) r.push_back(letters + d - 1);
    seen = true;
    i += 2;
  }
  return r;
}

bool has(const Labels& labels, int label) {
  for (const int l : labels)
    if (l == label) return true;
  return false;
}
int place(const Labels& labels, int label) {
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] == label) return static_cast<int>(i);
  return -1;
}

Equation read_equation(const std::string& text, const std::vector<Tensor>& operands) {
  std::string s;
  for (const char c : text)
    if (c != ' ') s.push_back(c);
  const std::size_t arrow = s.find("->");
  const std::string left = s.substr(0, arrow);
  std::vector<std::string> parts(1);
  for (const char c : left)
    if (c == ',') parts.emplace_back();
    else parts.back().push_back(c);
  if (parts.size() != operands.size())
    value_error(op, "one operand per term; got equation=\"", text, "\" with ", static_cast<std::int64_t>(parts.size()), " terms, ",
                static_cast<std::int64_t>(operands.size()), " operands");

  Equation e;
  int most = 0;  // dims of the widest "..."
  for (std::size_t i = 0; i < parts.size(); ++i) {
    int named = 0;
    bool open = false;
    for (const char c : parts[i]) {
      if (c == '.') open = true;
      else ++named;
    }
    const int dots = operands[i].ndim() - named;
    if (dots < 0 || (dots > 0 && !open))
      value_error(op, "a term names every dimension of its operand; got term=\"", parts[i], "\", shape=", operands[i].shape());
    most = dots > most ? dots : most;
    e.inputs.push_back(read_labels(parts[i], dots, text));
  }
  if (arrow != std::string::npos) {
    e.output = read_labels(s.substr(arrow + 2), most, text);
    for (std::size_t i = 0; i < e.output.size(); ++i) {
      bool known = false;
      for (const Labels& in : e.inputs) known = known || has(in, e.output[i]);
      if (!known) value_error(op, "every letter of the result stands in a term; got equation=\"", text, "\" (", name_of(e.output[i]), ")");
      if (place(e.output, e.output[i]) != static_cast<int>(i)) malformed(text, "a letter of the result stands there once");
    }
    return e;
  }
  for (int d = most; d > 0; --d) e.output.push_back(letters + d - 1);
  for (int label = 0; label < letters; ++label) {
    int count = 0;
    for (const Labels& in : e.inputs)
      for (const int l : in) count += l == label;
    if (count == 1) e.output.push_back(label);
  }
  return e;
}

/// The dims of a term put in the order of `labels`.
Tensor ordered(const Term& t, const Labels& labels) {
  Shape order;
  bool same = true;
  for (std::size_t i = 0; i < labels.size(); ++i) {
    order.push_back(place(t.labels, labels[i]));
    same = same && order.back() == static_cast<std::int64_t>(i);
  }
  return same ? t.x : t.x.permute(order);
}

/// Two terms become one: a batched matmul over what both share and nobody needs afterwards.
Term contract(const Term& a, const Term& b, const Labels& needed) {
  Labels batch, sum, rows, cols;
  for (const int l : a.labels) (has(b.labels, l) ? (has(needed, l) ? batch : sum) : rows).push_back(l);
  for (const int l : b.labels)
    if (!has(a.labels, l)) cols.push_back(l);
  Shape sizes[4], shape;
  std::int64_t count[4] = {1, 1, 1, 1};
  const Labels* groups[] = {&batch, &rows, &cols, &sum};
  for (int g = 0; g < 4; ++g)
    for (const int l : *groups[g]) {
      const int i = place(a.labels, l);
      const std::int64_t n = i >= 0 ? a.x.shape()[i] : b.x.shape()[place(b.labels, l)];
      count[g] *= n;
      if (g < 3) shape.push_back(n);
    }
  const auto join = [](Labels x, const Labels& y, const Labels& z) {
    x.insert(x.end(), y.begin(), y.end());
    x.insert(x.end(), z.begin(), z.end());
    return x;
  };
  const Tensor p = ordered(a, join(batch, rows, sum)), q = ordered(b, join(batch, sum, cols));
  checked_numel(op, shape, p.itemsize());
  Tensor y;
  if (sum.empty()) y = p.reshape({count[0], count[1], 1}) * q.reshape({count[0], 1, count[2]});
  else if (batch.empty()) y = matmul(p.reshape({count[1], count[3]}), q.reshape({count[3], count[2]}));
  else y = matmul(p.reshape({count[0], count[1], count[3]}), q.reshape({count[0], count[3], count[2]}));
  return {y.reshape(shape), join(batch, rows, cols)};
}

}  // namespace

Tensor einsum(const std::string& equation, const std::vector<Tensor>& operands) {
  if (operands.empty()) value_error(op, "needs at least one operand; got equation=\"", equation, "\"");
  const Equation e = read_equation(equation, operands);
  std::vector<std::int64_t> size(static_cast<std::size_t>(letters) + 64, 1);
  for (std::size_t i = 0; i < operands.size(); ++i)
    for (std::size_t d = 0; d < e.inputs[i].size(); ++d) {
      const auto l = static_cast<std::size_t>(e.inputs[i][d]);
      if (l >= size.size()) size.resize(l + 1, 1);
      const std::int64_t n = operands[i].shape()[static_cast<int>(d)];
      if (size[l] != n && size[l] != 1 && n != 1)
        value_error(op, "sizes of one letter must match; got equation=\"", equation, "\", ", name_of(e.inputs[i][d]), "=", size[l], " and ", n);
      if (n != 1) size[l] = n;
    }

  std::vector<Term> terms;
  for (std::size_t i = 0; i < operands.size(); ++i) {
    Term t{operands[i], e.inputs[i]};
    Shape full;
    for (const int l : t.labels) full.push_back(size[static_cast<std::size_t>(l)]);
    if (!(full == t.x.shape())) t.x = t.x.expand(full);
    for (std::size_t d = 0; d < t.labels.size(); ++d)
      for (std::size_t f = d + 1; f < t.labels.size(); ++f)
        if (t.labels[d] == t.labels[f]) {
          t.x = diagonal(t.x, 0, static_cast<std::int64_t>(d), static_cast<std::int64_t>(f));
          const int l = t.labels[d];
          t.labels.erase(t.labels.begin() + static_cast<std::ptrdiff_t>(f));
          t.labels.erase(t.labels.begin() + static_cast<std::ptrdiff_t>(d));
          t.labels.push_back(l);
          --d;
          break;
        }
    terms.push_back(t);
  }
  // What is needed beside the terms i and j.
  const auto needed = [&](std::size_t i, std::size_t j) {
    Labels r = e.output;
    for (std::size_t t = 0; t < terms.size(); ++t)
      if (t != i && t != j) r.insert(r.end(), terms[t].labels.begin(), terms[t].labels.end());
    return r;
  };
  for (std::size_t i = 0; i < terms.size(); ++i) {  // letters that nobody else has are summed at once
    const Labels others = needed(i, i);
    Shape dims;
    Labels kept;
    for (std::size_t d = 0; d < terms[i].labels.size(); ++d)
      if (has(others, terms[i].labels[d])) kept.push_back(terms[i].labels[d]);
      else dims.push_back(static_cast<std::int64_t>(d));
    if (!dims.empty()) terms[i] = {terms[i].x.sum(dims), kept};
  }
  while (terms.size() > 1) {
    std::size_t best_i = 0, best_j = 1;
    double least = -1;
    for (std::size_t i = 0; i < terms.size(); ++i)
      for (std::size_t j = i + 1; j < terms.size(); ++j) {
        double work = 1;
        for (const int l : terms[i].labels) work *= static_cast<double>(size[static_cast<std::size_t>(l)]);
        for (const int l : terms[j].labels)
          if (!has(terms[i].labels, l)) work *= static_cast<double>(size[static_cast<std::size_t>(l)]);
        if (least < 0 || work < least) least = work, best_i = i, best_j = j;
      }
    Term t = contract(terms[best_i], terms[best_j], needed(best_i, best_j));
    terms.erase(terms.begin() + static_cast<std::ptrdiff_t>(best_j));
    terms[best_i] = t;
  }
  return ordered(terms[0], e.output);
}

}  // namespace ph
