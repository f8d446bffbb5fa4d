# Draws a report of ./dev bench as one SVG: a bar per row, as long as the share of the target that was reached.
from xml.sax.saxutils import escape

STYLE = """
text { font: 13px system-ui, sans-serif; fill: #1c2530 }
.title { font-size: 16px; font-weight: 600 } .small { font-size: 11px; fill: #5b6673 } .value { font-size: 12px }
.page { fill: #ffffff } .met { fill: #2f7d5b } .missed { fill: #c8682b } .line { stroke: #1c2530; stroke-width: 1.5 } .track { fill: #eceff2 }
@media (prefers-color-scheme: dark) {
  text { fill: #e3e8ee } .small { fill: #97a3b0 }
  .page { fill: #12171d } .met { fill: #4fb389 } .missed { fill: #e08a4f } .line { stroke: #e3e8ee } .track { fill: #1e262f }
}"""
NAME, BAR, VALUE, STEP, TOP = 460, 320, 330, 28, 74
FULL = 2.5  # times the target; longer bars end in an arrow


def amount(x):
    return "-" if x is None else f"{x:,.3g}" if x < 1000 else f"{x:,.0f}"


def bar(r, y):
    parts = [f'<text x="{NAME - 10}" y="{y + 14}" text-anchor="end">{escape(r["name"])}</text>',
             f'<rect class="track" x="{NAME}" y="{y}" width="{BAR}" height="18" rx="2"/>']
    reached = r.get("reached")
    if reached is not None:
        width = BAR * min(reached, FULL) / FULL
        parts.append(f'<rect class="{"met" if r["met"] else "missed"}" x="{NAME}" y="{y}" width="{max(width, 1):.1f}" height="18" rx="2"/>')
        if reached > FULL:
            parts.append(f'<path class="page" d="M{NAME + BAR - 14} {y + 4}l6 5-6 5z"/>')
    if r.get("error"):
        told = r["error"]
    else:
        against = "" if r["peer"] is None else f' against {amount(r["peer"])}'
        ratio = "" if r["ratio"] is None else f'{r["ratio"]:.3g}×: '
        told = f'{ratio}{amount(r["ours"])}{against} {r["unit"]} ({r["target"].replace(">=", "≥").replace("<=", "≤")})'
    parts.append(f'<text class="value" x="{NAME + BAR + 10}" y="{y + 14}">{escape(told)}</text>')
    return "".join(parts)


def draw(report):
    rows, machine = report["rows"], report["machine"]
    width, height = NAME + BAR + VALUE, TOP + STEP * len(rows) + 40
    at = NAME + BAR / FULL
    told = f'{report["suite"]} work: share of the target that is reached (peer: {report["peer"] or "none"})'
    under = f'{machine["processor"]}, {report["threads"]} thread{"s" * (report["threads"] > 1)}, {machine["compiler"]}; medians of {report["rounds"]} paired rounds'
    body = "\n".join(bar(r, TOP + STEP * i) for i, r in enumerate(rows))
    bottom = TOP + STEP * len(rows)
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" width="{width}" height="{height}" role="img">
<title>{escape(told)}</title><style>{STYLE}</style>
<rect class="page" width="{width}" height="{height}"/>
<text class="title" x="20" y="28">{escape(told[0].upper() + told[1:])}</text>
<text class="small" x="20" y="48">{escape(under)}</text>
{body}
<line class="line" x1="{at}" x2="{at}" y1="{TOP - 6}" y2="{bottom}"/><text class="small" x="{at}" y="{bottom + 14}" text-anchor="middle">target</text>
</svg>
"""
