"""The sentences of all languages stand together: same keys, same fields, none empty."""

from __future__ import annotations

from pathlib import Path
from string import Formatter

import pytest

from core.texts import DEFAULT_LANGUAGE, LANGUAGES, flatten, has_text, text

FOLDER = Path(__file__).resolve().parents[3] / "core" / "texts"
FILES = sorted(path.name.split(".")[0] for path in FOLDER.glob(f"*.{DEFAULT_LANGUAGE}.toml"))
OTHERS = [language for language in LANGUAGES if language != DEFAULT_LANGUAGE]


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name is not None}


def test_every_file_of_the_folder_belongs_to_a_language_and_has_a_spanish_one() -> None:
    stems = {path.name.removesuffix(".toml") for path in FOLDER.glob("*.toml")}

    assert stems == {f"{file}.{language}" for file in FILES for language in LANGUAGES}


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("file", FILES)
def test_a_translation_has_the_same_sentences(file: str, language: str) -> None:
    assert flatten(file, language).keys() == flatten(file, DEFAULT_LANGUAGE).keys()


@pytest.mark.parametrize("language", OTHERS)
@pytest.mark.parametrize("file", FILES)
def test_a_translation_uses_the_same_fields(file: str, language: str) -> None:
    translated = flatten(file, language)
    spanish = flatten(file, DEFAULT_LANGUAGE)

    different = {key for key in spanish if fields(translated.get(key, "")) != fields(spanish[key])}
    assert different == set()


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("file", FILES)
def test_no_sentence_is_empty(file: str, language: str) -> None:
    assert [key for key, value in flatten(file, language).items() if not value.strip()] == []


def test_a_sentence_is_filled_in() -> None:
    assert text("setup.fault.flag", "en", name="WEBCHAT_ENABLED") == (
        "WEBCHAT_ENABLED: write true or false."
    )


def test_a_language_without_texts_speaks_spanish() -> None:
    assert text("setup.place.environment", "fr") == text("setup.place.environment", "es")


def test_an_unknown_key_is_an_error() -> None:
    assert not has_text("setup.no_such_sentence")
    with pytest.raises(KeyError):
        text("setup.no_such_sentence")
