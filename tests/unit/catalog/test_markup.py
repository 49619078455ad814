import pytest

from catalog.files.markup import plain_text


@pytest.mark.parametrize(
    ("markup", "plain"),
    [
        ("<p>Uno</p><p>Dos <b>tres</b></p>", "Uno\nDos tres"),
        ("<ul><li>A</li>\n<li>B</li></ul>", "A\nB"),
        ("Uno<br/>dos<BR>tres", "Uno\ndos\ntres"),
        ("<style>p {color: red}</style><script>x()</script><div>Sí</div>", "Sí"),
        ("Tom &amp; Ana&nbsp;S.&aacute;", "Tom & Ana\xa0S.á"),
        ("&lt;b&gt;ok&lt;/b&gt; <i>x</i>", "ok x"),
        ("<p>sin cerrar", "sin cerrar"),
        ("<table><tr><td>Alto</td><td>5</td></tr></table>", "Alto 5"),
    ],
)
def test_words_are_left_of_markup(markup: str, plain: str) -> None:
    assert plain_text(markup) == plain


@pytest.mark.parametrize(
    "text", ["peso < 5 kg y alto > 3", "3 <4> 5", "línea 1\nlínea 2", "A&B", ""]
)
def test_a_text_without_markup_is_left_as_it_is(text: str) -> None:
    assert plain_text(text) == text


@pytest.mark.parametrize("markup", ["<p>Uno &amp;lt;b&amp;gt;</p>", "<b><i>x</b></i>", "<p>" * 500])
def test_plain_text_is_plain_already(markup: str) -> None:
    assert plain_text(plain_text(markup)) == plain_text(markup)
