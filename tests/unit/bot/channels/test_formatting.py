"""Markdown as WhatsApp shows it, and replies cut into parts."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.formatting import clean_text, split_body, to_whatsapp

CASES = [
    ("bold", "**Hola** mundo", "*Hola* mundo"),
    ("bold with underscores", "__Hola__ mundo", "*Hola* mundo"),
    ("bold price", "vale **$1.500**, antes **$2.000**.", "vale *$1.500*, antes *$2.000*."),
    ("bold before a letter", "**Nota:**lea", "*Nota:*lea"),
    ("bold and italic", "***muy*** bueno", "*_muy_* bueno"),
    ("struck", "~~$200~~ $150", "~$200~ $150"),
    ("one star", "*solo* así", "*solo* así"),
    ("italic", "_así_", "_así_"),
    ("product of numbers", "2*3 y 2 * 3 = 6", "2*3 y 2 * 3 = 6"),
    ("powers", "2**3 más 3**2", "2**3 más 3**2"),
    ("product inside bold", "**pack 2*3**", "*pack 2*3*"),
    ("name with underscores", "modelo XR__200__B", "modelo XR__200__B"),
    ("heading", "## Ofertas", "*Ofertas*"),
    ("bold heading", "### **Ofertas** de hoy ###", "*Ofertas de hoy*"),
    ("number sign", "#1 en ventas", "#1 en ventas"),
    ("bullets", "* uno\n- dos\n  + tres", "• uno\n• dos\n  • tres"),
    ("bullet with bold", "* **Mouse**: $10", "• *Mouse*: $10"),
    ("numbered list", "1. uno\n2. dos", "1. uno\n2. dos"),
    ("dash in a line", "a - b", "a - b"),
    ("rule", "a\n\n---\n\nb", "a\n\nb"),
    ("link", "[Ver más](https://a.example/x)", "Ver más: https://a.example/x"),
    ("link without scheme", "[Ver](a.example/x)", "Ver: a.example/x"),
    ("link to itself", "[https://a.example](https://a.example/)", "https://a.example/"),
    ("link with brackets", "[Wiki](https://a.example/b_(c))", "Wiki: https://a.example/b_(c)"),
    ("link in bold", "**[Ver](https://a.example)**", "*Ver: https://a.example*"),
    ("link with title", '[Ver](https://a.example "la tienda")', "Ver: https://a.example"),
    ("image", "![Foto](https://a.example/f.png)", "Foto: https://a.example/f.png"),
    ("mail", "[Escribir](mailto:a@b.example)", "Escribir: a@b.example"),
    ("bare address", "<https://a.example>", "https://a.example"),
    ("brackets", "[talle](M)", "[talle](M)"),
    ("address with marks", "https://a.example/a__b__c", "https://a.example/a__b__c"),
    ("code", "usa `**cupón**`", "usa `**cupón**`"),
    ("fence", "```text\n**a**\n# b\n```", "```**a**\n# b```"),
    ("fence left open", "```\n**a**", "```**a**```"),
    ("table", "|A|B|\n|---|:-:|\n| **x** | $1 |\nfin", "*A | B*\n• *x* | $1\nfin"),
    ("bars that are no table", "|a|b|", "|a|b|"),
    ("blank lines", "a\r\n\r\n\r\n\r\nb", "a\n\nb"),
    ("characters nobody takes", "a\x00b\ud83d", "ab\ufffd"),
    ("emoji", "**🙂👍🏽** 🇦🇷", "*🙂👍🏽* 🇦🇷"),
    ("nothing", " \n ", ""),
]


@pytest.mark.parametrize(
    ("markdown", "shown"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_markdown_becomes_what_whatsapp_shows(markdown: str, shown: str) -> None:
    assert to_whatsapp(markdown) == shown


@given(st.text(alphabet="ab1 *_~`#|-[]().:/<>\n\x00\ud83d🙂", max_size=80))
def test_any_text_can_be_sent_afterwards(text: str) -> None:
    shown = to_whatsapp(text)
    assert clean_text(shown) == shown
    shown.encode()


@given(st.text(alphabet="aé1$., \n", max_size=60).map(str.strip))
def test_text_without_marks_stays(text: str) -> None:
    assert to_whatsapp(text) == re.sub(r"\n{3,}", "\n\n", text)


@pytest.mark.parametrize("opening", ["*", "**", "_", "[", "`", "# ", "|", "- ", "<", "[a](", "~~a"])
def test_endless_marks_cost_no_time(opening: str) -> None:
    # A model that repeats itself; an expression that backtracks would not return from this.
    assert "x" in to_whatsapp(opening * 3000 + " " * 3000 + "x")


SPLITS = [
    ("fits", "hola", 10, ["hola"]),
    ("blank", " \n ", 10, []),
    ("paragraph", "uno dos\n\ntres", 11, ["uno dos", "tres"]),
    ("paragraph before sentence", "Uno.\n\nDos. Tres", 11, ["Uno.\n\nDos.", "Tres"]),
    ("line", "uno dos\ntres cuatro", 12, ["uno dos", "tres cuatro"]),
    ("sentence", "Uno dos. Tres cuatro", 14, ["Uno dos.", "Tres cuatro"]),
    ("question", "¿Uno dos? Tres cuatro", 14, ["¿Uno dos?", "Tres cuatro"]),
    ("no sentence end in a price", "Vale $1.500 hoy", 13, ["Vale $1.500", "hoy"]),
    ("no sentence end in a list number", "Hay 1. Mouse negro", 12, ["Hay 1. Mouse", "negro"]),
    ("sentence end behind a price", "A $500. Uno dos tres", 12, ["A $500.", "Uno dos tres"]),
    ("word", "uno dos tres", 9, ["uno dos", "tres"]),
    ("end at the limit", "uno dos tres", 7, ["uno dos", "tres"]),
    ("long word", "abcdefgh", 3, ["abc", "def", "gh"]),
    ("no tiny first part", "Uno\n\ndos tres cuatro", 18, ["Uno\n\ndos tres", "cuatro"]),
    ("bold kept whole", "compre *dos o tres* hoy", 13, ["compre", "*dos o tres*", "hoy"]),
    ("bold too long", "*abc def ghi*", 8, ["*abc def", "ghi*"]),
    ("emoji count two", "🙂🙂🙂", 4, ["🙂🙂", "🙂"]),
    ("skin tone", "👍🏽👍🏽", 6, ["👍🏽", "👍🏽"]),
    ("flags", "🇦🇷🇪🇸", 6, ["🇦🇷", "🇪🇸"]),
    ("family", "👨‍👩‍👧👨‍👩‍👧", 12, ["👨‍👩‍👧", "👨‍👩‍👧"]),
    ("accent", "ae\u0301e\u0301", 4, ["ae\u0301", "e\u0301"]),
    ("emoji over the limit", "🙂🙂", 1, ["🙂", "🙂"]),
]


@pytest.mark.parametrize(
    ("body", "limit_chars", "parts"),
    [case[1:] for case in SPLITS],
    ids=[case[0] for case in SPLITS],
)
def test_reply_is_cut_at_the_best_place(body: str, limit_chars: int, parts: list[str]) -> None:
    assert split_body(body, limit_chars) == parts


@given(st.text(alphabet="ab.!? \n*é🙂👍🏽\u200d\u0301🇦🇷", max_size=200), st.integers(2, 40))
def test_parts_fit_and_nothing_is_lost(body: str, limit_chars: int) -> None:
    parts = split_body(body, limit_chars)
    assert "".join("".join(parts).split()) == "".join(body.split())
    assert all(1 <= len(part.encode("utf-16-le")) // 2 <= limit_chars for part in parts)
    assert all(part == part.strip() for part in parts)


def test_limit_below_one_is_refused() -> None:
    with pytest.raises(ValueError, match="limit_chars"):
        split_body("hola", 0)
