"""Writes the pages of the site: one for each op, class and header, lists of them by family, and the pages that are files of the repository."""
import inspect
import re
import shutil
import textwrap
import types

import facts
import playhead as ph
from facts import GROUPS, root

REPOSITORY = {"README.md": "index", "CONTRIBUTING.md": "project/contributing", "CHANGELOG.md": "project/changelog", "SECURITY.md": "project/security",
              "docs/design.md": "project/design", "docs/gpu-status.md": "project/gpu-status", "examples/python": "examples/index"}
TITLES = {
    "creation": "Making tensors", "random": "Random numbers", "elementwise": "Elementwise", "special": "Special functions", "reduce": "Reductions and scans",
    "sort": "Sorting and order statistics", "histogram": "Counting and histograms", "shape": "Shapes and views", "index": "Indexing, gathering, scattering",
    "matmul": "Products", "matrix": "Matrices", "linalg": "Linear algebra", "fft": "Fourier transforms", "signal": "Signals and windows", "masked": "Masked ops",
    "nn": "Activations, dropout, attention, embeddings", "norm": "Normalisation", "conv": "Convolutions, pooling, patches", "resample": "Interpolation and sampling", "loss": "Losses",
    "init": "Initial values", "dtype": "Dtypes", "cuda": "CUDA devices", "tensor": "Tensors: data, conversions, gradients",
}
def family_page(family):
    return "reference/" + {"index": "indexing"}.get(family, family)


def escaped(text):
    """Plain text, with `code` in it, as Markdown."""
    pieces = re.split(r"(`[^`]*`)", text)
    return "".join(p if p.startswith("`") else re.sub(r"([\\*_\[\]<>|#~^${}])", r"\\\1", p) for p in pieces)


def first_sentence(text):
    return re.match(r"(.*?)[.:]?(?:(?<!\.)\. |$)", text, re.S)[1]


def paragraphs(text):
    return "\n\n".join(escaped(p) for p in text.split("\n\n"))


def code(language, text):
    return f"```{language}\n{text.rstrip()}\n```\n"


def shown(example):
    return (example.words + "\n\n" if example.words else "") + code("pycon", example.code)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "|" + " --- |" * len(head)]
    return "\n".join(lines + ["| " + " | ".join(r) + " |" for r in rows]) + "\n"


def signatures(*each):
    """(kind, dotted name, parameters, result)…: what search and cross references find."""
    lines = ["```{eval-rst}"]
    for kind, name, parameters, result in each:
        lines += [f".. py:{kind}:: {name}({parameters.replace('lambda:', 'lambda_:')})" + (f" -> {result}" if result else ""), ""]
    return "\n".join([*lines, "```\n"])


class Site:
    def __init__(self, folder):
        self.folder = folder
        shutil.rmtree(folder, ignore_errors=True)
        self.members = {}  # family -> [(title, page, text)]
        self.headers = set()

    def write(self, page, text, orphan=False):
        path = self.folder / (page + ".md")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(("---\norphan: true\n---\n" if orphan else "") + text)

    def up(self, family, title):
        return f"[Reference](../reference/index.md) › [{title}](../{family_page(family)}.md)\n\n"

    # --- ops --------------------------------------------------------------------------------------------------------------------
    def op(self, op):
        family = op.contract.family if op.contract.family in TITLES else "tensor"
        self.members.setdefault(family, []).append((op.name, f"ops/{op.name}", op.text))
        calls = [("function", "playhead." + n, p, r) for n, p, r in op.functions]
        calls += [("method", "playhead.Tensor." + n, p, r) for n, p, r, _ in op.methods]
        text = self.up(family, TITLES[family]) + f"# {escaped(op.name)}\n\n" + signatures(*calls) + paragraphs(op.text) + "\n"
        for name, _, _, own in op.methods:
            if own and not own.startswith("In place: ") and own != op.text:
                text += f"\n`Tensor.{name}`: {escaped(own)}\n"
        if op.example:
            text += "\n## Example\n" + shown(op.example)
        for name, example in op.more_examples.items():
            text += f"\n`{name}`\n\n" + shown(example)
        rows = []
        if op.result_fields:
            rows.append(("Result", f"a named tuple ({op.result_fields})"))
        if op.functions:
            g = facts.gradient(op)
            if g == {}:
                rows.append(("Gradient", "none"))
            elif g:
                words = {"any": "of any order", "first": "first order only", "zero": "0 everywhere"}
                rows.append(("Gradient", "; ".join("by " + ", ".join(f"`{n}`" for n in g if g[n] == order) + ", " + words[order] for order in words if order in g.values())))
            if dtypes := facts.dtypes(op):
                rows.append(("Dtypes", "<br>".join(f"{of}: {result}" for of, result in dtypes)))
            if refusal := facts.refusal(op):
                rows.append(("Errors", f"`{refusal.replace('|', chr(92) + '|')}`"))
            if shapes := facts.shapes(op):
                rows.append(("Shapes", "<br>".join(f"`{call}` → `{result}`" for call, result in shapes)))
        others = [f"`playhead.{n}`" for n in op.names[1:]]
        if others:
            rows.append(("Other names", ", ".join(others)))
        places = [f"`{name}`" if library != "array API" else f"array API `{name}`" for library, name in facts.peers(op).items()]
        if places:
            rows.append(("Elsewhere", ", ".join(places)))
        if rows:
            text += "\n## In short\n" + table(("", ""), rows)
        if op.contract.declarations:
            text += "\n## In C++\n" + code("cpp", "\n".join(textwrap.fill(d + ";", 86, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False) for d in op.contract.declarations))
            text += f'<a href="../headers/{op.contract.path}.html#L-{op.contract.line}"><code>{op.contract.path}</code></a>\n'
            self.headers.add(op.contract.path)
        self.write(f"ops/{op.name}", text, orphan=True)

    # --- what is written in Python, and classes ------------------------------------------------------------------------------------
    def object(self, full, o):
        family = facts.group_of(full)
        doc = inspect.cleandoc(o.__doc__ or "")
        try:
            signature = inspect.signature(o)
            parameters = re.sub(r": 'Any'|: Any\b", "", str(signature.replace(return_annotation=inspect.Signature.empty)))[1:-1].replace("'", '"')
            parameters = re.sub(r': "([^"]*)"', r": \1", parameters)
        except (TypeError, ValueError):
            parameters = ""
        own = [] if not inspect.isclass(o) else sorted(n for n, f in vars(o).items() if n[0] != "_" and (inspect.isfunction(f) or isinstance(f, (types.MethodDescriptorType, staticmethod))) and f.__doc__)
        self.members.setdefault(family, []).append((full, f"api/{full}", doc.split("\n\n")[0].replace("\n", " ")))
        text = self.up(family, GROUPS[family][0]) + f"# {escaped(full)}\n\n" + signatures(("class" if inspect.isclass(o) else "function", "playhead." + full, parameters, ""))
        text += re.sub(r"^([\w\\]+) as a module\.", lambda m: f"[{m[1]}](../ops/{m[1].replace(chr(92), '')}.md) as a module.", self.prose(doc)) + "\n"
        example = self.examples.get(full)
        if example:
            text += "\n## Example\n" + shown(example)
        attributes = [(n, f.__doc__) for n, f in sorted(vars(o).items()) if n[0] != "_" and isinstance(f, types.GetSetDescriptorType) and f.__doc__] if inspect.isclass(o) else []
        if attributes:
            lines = ["\n## Attributes", "```{eval-rst}"]
            for n, words in attributes:
                lines += [f".. py:attribute:: playhead.{full}.{n}", "", "   " + words, ""]
            text += "\n".join([*lines, "```\n"])
        if o is ph.Tensor:
            methods = {n: op.name for op in facts.ops().values() for n, *_ in op.methods}
            text += "\n## Methods\n" + ", ".join(f"[{escaped(n)}](../ops/{methods[n]}.md)" for n in sorted(methods)) + "\n"
        elif own:
            text += "\n## Methods\n" + table(("", ""), [(f"`{n}`", escaped(inspect.cleandoc(getattr(o, n).__doc__).split("\n\n")[0].replace("\n", " "))) for n in own])
        self.write(f"api/{full}", text, orphan=True)

    @staticmethod
    def prose(doc):
        """A docstring: paragraphs, and what is indented or begins like a statement is code."""
        out, program = [], []
        for block in [*re.split(r"\n\n+", doc), ""]:
            head, colon, rest = block.partition(":\n")
            if re.match(r"    |(class|def|with|for) .*:$", block, re.M) and not (colon and not re.match(r"    |class|def|with|for", head)):
                program.append(block)
                continue
            if program:
                out.append(code("python", textwrap.dedent("\n\n".join(program))))
                program = []
            if colon and rest.startswith("    "):
                out.append(escaped(head + ":"))
                program.append(rest)
            else:
                out.append(escaped(block.replace("\n", " ")))
        return "\n\n".join(out)

    # --- lists, headers, files ----------------------------------------------------------------------------------------------------------
    def reference(self):
        order = [*TITLES, *GROUPS]
        intro = {f: self.of_header(f) for f in TITLES}
        for family in order:
            rows = [(f"[{escaped(title)}](../{page}.md)", escaped(first_sentence(text))) for title, page, text in sorted(self.members[family], key=lambda m: m[0].lower())]
            title = TITLES.get(family) or GROUPS[family][0]
            words = intro.get(family) or (GROUPS[family][1] if family in GROUPS else "")
            words = re.sub(r"ops\\_(\w+)\.h", lambda m: f"[{TITLES[m[1]]}]({family_page(m[1]).split('/')[1]}.md)", escaped(words)) if family in TITLES else words
            self.write(family_page(family), f"# {title}\n\n{words}\n\n" + table(("", ""), rows))
        count = sum(len(v) for f, v in self.members.items() if f in TITLES)
        text = f"# Reference\n\n{count} ops and {sum(len(v) for f, v in self.members.items() if f in GROUPS)} classes and functions around them. "
        text += "Each page says what the op gives, which dtypes it takes, whether it has a gradient, and shows an example; the search finds all names, PyTorch's and NumPy's too. "
        text += "Examples begin with `import playhead as ph`, `from playhead import nn`, `import playhead.nn.functional as F`.\n\n"
        for f in order:
            names = ", ".join(f"[{escaped(t)}](../{p}.md)" for t, p, _ in sorted(self.members[f], key=lambda m: m[0].lower()))
            text += f"**[{TITLES.get(f) or GROUPS[f][0]}](../{family_page(f)}.md)**<br>{names}\n\n"
        text += "```{toctree}\n:hidden:\n" + "\n".join("/" + family_page(f) for f in order) + "\n```\n"
        self.write("reference/index", text)

    @staticmethod
    def of_header(family):
        """The words a family's header opens with."""
        path = root / f"autograd/ops_{family}.h"
        if family == "init":
            path = root / "nn/init.h"
        if not path.exists():
            return ""
        lines = []
        for line in path.read_text().splitlines():
            if not line.startswith("//"):
                break
            lines.append(line[2:].strip())
        return " ".join(lines).split("  ")[0]

    def header(self, path):
        """A header, with a place for each line, as links want it."""
        from pygments import highlight
        from pygments.formatters import HtmlFormatter
        from pygments.lexers import CppLexer

        html = highlight((root / path).read_text(), CppLexer(), HtmlFormatter(lineanchors="L", linenos="inline", anchorlinenos=True, wrapcode=True, cssclass="highlight header"))
        self.write(f"headers/{path}", f"# {escaped(path)}\n\n```{{raw}} html\n{html}\n```\n", orphan=True)

    def files(self):
        """Pages that are files of the repository; their links lead to pages where there are such, else they are names."""
        for path, page in REPOSITORY.items():
            if not path.endswith(".md"):
                continue
            depth = "../" * page.count("/")

            def link(m, path=path, depth=depth):
                target = m[2].removeprefix("./")
                if re.match(r"https?://|#", target):
                    return m[0]
                target = str((root / path).parent.joinpath(target.split("#")[0]).resolve().relative_to(root))
                return f"[{m[1]}]({depth}{REPOSITORY[target]}.md)" if target in REPOSITORY else m[1] if m[1].startswith("`") else f"`{m[1]}`"

            text = re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", link, (root / path).read_text())
            if page == "index":
                text += self.contents()
            self.write(page, text)
        self.write("project/index", "# Project\n\n```{toctree}\n" + "\n".join(p.split("/")[1] for f, p in REPOSITORY.items() if p.startswith("project/")) + "\n```\n")

    def contents(self):
        guides = re.findall(r"^(\w[\w-]*)$", (root / "docs/guides/order.txt").read_text(), re.M) if (root / "docs/guides/order.txt").exists() else []
        tree = lambda caption, pages: "\n```{toctree}\n:hidden:\n:caption: " + caption + "\n\n" + "\n".join(pages) + "\n```\n"  # noqa: E731
        return (tree("Guides", [f"guides/{g}" for g in guides]) if guides else "") + tree("Reference", ["Overview <reference/index>"]) + tree("More", ["examples/index", "project/index"])

    def guides(self):
        for path in sorted((root / "docs/guides").glob("*.md")):
            self.write(f"guides/{path.stem}", path.read_text().replace("```python\n>>>", "```pycon\n>>>"))

    def scripts(self):
        rows = []
        for path in sorted((root / "examples/python").glob("*.py")):
            text = path.read_text()
            doc = inspect.cleandoc(re.match(r'(?:#!.*\n)?\s*"""(.*?)"""', text, re.S)[1]) if '"""' in text[:200] else ""
            rows.append((f"[{path.stem}]({path.stem}.md)", escaped(doc.split("\n\n")[0].replace("\n", " "))))
            self.write(f"examples/{path.stem}", f"# {path.stem.replace('_', ' ')}\n\n`examples/python/{path.name}`\n\n" + code("python", text), orphan=True)
        self.write("examples/index", "# Examples\n\nScripts of `examples/python`; each is run by the tests.\n\n" + table(("", ""), rows))

    def whole(self):
        known = facts.ops()
        self.examples = facts.contracts.examples(root)
        for op in known.values():
            self.op(op)
        for name, o in facts.objects().items():
            self.object(name, o)
        self.reference()
        for path in sorted(self.headers):
            self.header(path)
        self.guides()
        self.scripts()
        self.files()
