"""docs/performance.svg: a bar chart for light and dark mode, with a text for screen readers."""

from xml.sax.saxutils import escape

WIDTH, LABEL, BAR, GAP = 760, 250, 18, 8
STYLE = """
  text { font: 13px system-ui, sans-serif; fill: #2b2622; }
  .head { font-weight: 600; }
  .value { fill: #5c534b; }
  .ours { fill: #a8471f; }
  .other { fill: #b9aea2; }
  @media (prefers-color-scheme: dark) {
    text { fill: #ece4da; }
    .value { fill: #b8ada1; }
    .ours { fill: #e08a5e; }
    .other { fill: #6f665e; }
  }
"""


def plain(title):
    return title.replace("`", "")


def chart(groups):
    """Returns the chart. A group is a title and its rows; a row is a title, a value, and whether it is
    ours. Each group has its own scale, which its longest bar fills."""
    lines, words, y = [], [], 24
    for title, rows in groups:
        lines.append(f'<text class="head" x="0" y="{y}">{escape(plain(title))}</text>')
        y += 12
        most = max(value for _, value, _ in rows)
        for name, value, is_ours in rows:
            length = max(2, round((WIDTH - LABEL - 90) * value / most))
            middle = y + BAR - 5
            shown = f"{value:,.0f}"
            kind = "ours" if is_ours else "other"
            lines.append(f'<text x="0" y="{middle}">{escape(plain(name))}</text>')
            lines.append(
                f'<rect class="{kind}" x="{LABEL}" y="{y}" width="{length}" height="{BAR}" rx="2"/>'
            )
            lines.append(f'<text class="value" x="{LABEL + length + 8}" y="{middle}">{shown}</text>')
            words.append(f"{plain(title)}: {plain(name)} {shown}.")
            y += BAR + GAP
        y += 24
    height = y - 16
    return "\n".join([
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}" role="img"'
        ' aria-labelledby="title desc">',
        '<title id="title">Responses per second, on one core</title>',
        f'<desc id="desc">{escape(" ".join(words))}</desc>',
        f"<style>{STYLE}</style>",
        *lines,
        "</svg>",
        "",
    ])
