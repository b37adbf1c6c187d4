"""A post-mortem's Markdown as an HTML fragment that holds no HTML, link or image of others."""

from markdown_it import MarkdownIt

_NEVER = ("html_block", "html_inline", "link", "image", "autolink", "reference")


def parser() -> MarkdownIt:
    return MarkdownIt("commonmark", {"html": False}).enable("table").disable(_NEVER)


def post_mortem_html(markdown: str) -> str:
    return str(parser().render(markdown))
