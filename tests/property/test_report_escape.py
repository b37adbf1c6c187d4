"""Whatever is said, its Markdown renders as one line of text that reads the same."""

import html

from hypothesis import example, given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from praetor.reports.escape import one_line, text

LAX = MarkdownIt("commonmark", {"html": True}).enable("table").enable("strikethrough")
MARKUP = st.text(alphabet="\\`*_{}[]()#+-.!|<>&~$@:/ \n\t=1a\"'", max_size=60)


@given(st.one_of(st.text(max_size=200), MARKUP))
@example("0\r\x1b")
def test_escaped_text_renders_as_itself(value):
    expected = one_line(value, 400)
    rendered = LAX.render(text(value))
    if expected:
        assert html.unescape(rendered) == f"<p>{expected}</p>\n"
