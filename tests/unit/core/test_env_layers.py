"""Which value counts, where it stands, and what the owner is told about the rest."""

from __future__ import annotations

from pathlib import Path

import pytest

from core.env_layers import Chosen, choose, layer, read_env_file
from core.errors import ConfigError

NAMES = ("GROQ_API_KEY", "GROQ_TIMEOUT", "AI_PROVIDER", "SHOP_NAME")
ALIASES = {"AI_PROVIDER": ("LLM_DEFAULT_PROVIDER",)}


def chosen(
    saved: dict[str, str] | None = None,
    environment: dict[str, str] | None = None,
    env_file: dict[str, str] | None = None,
) -> Chosen:
    layers = [
        layer("saved", saved or {}),
        layer("environment", environment or {}),
        layer(".env", env_file or {}),
    ]
    return choose(layers, NAMES, ALIASES)


def written(folder: Path, content: bytes) -> Path:
    path = folder / ".env"
    path.write_bytes(content)
    return path


def test_a_saved_value_outranks_the_environment_and_that_the_file() -> None:
    result = chosen(
        {"SHOP_NAME": "saved"},
        {"SHOP_NAME": "environment", "GROQ_TIMEOUT": "1"},
        {"SHOP_NAME": "file", "GROQ_TIMEOUT": "2", "AI_PROVIDER": "groq"},
    )

    assert result.values == {"SHOP_NAME": "saved", "GROQ_TIMEOUT": "1", "AI_PROVIDER": "groq"}
    assert result.sources == {
        "SHOP_NAME": "saved",
        "GROQ_TIMEOUT": "environment",
        "AI_PROVIDER": ".env",
    }


@pytest.mark.parametrize("nothing", ["", "   ", "tu_clave_aqui"])
def test_nothing_in_a_stronger_layer_lets_the_weaker_one_through(nothing: str) -> None:
    result = chosen(environment={"GROQ_API_KEY": nothing}, env_file={"GROQ_API_KEY": "real"})

    assert result.values == {"GROQ_API_KEY": "real"}


def test_empty_values_and_examples_are_said() -> None:
    result = chosen(env_file={"GROQ_API_KEY": "gsk_...", "GROQ_TIMEOUT": "", "SHOP_NAME": ""})

    assert result.warnings == [
        "Sin valor en el archivo .env, cuentan como no configuradas: GROQ_TIMEOUT, SHOP_NAME.",
        "Con un texto de ejemplo en el archivo .env, cuentan como no configuradas: GROQ_API_KEY.",
    ]


def test_the_name_of_its_own_wins_over_the_alias_in_a_stronger_layer() -> None:
    result = chosen(
        environment={"LLM_DEFAULT_PROVIDER": "openai"}, env_file={"AI_PROVIDER": "groq"}
    )

    assert result.values == {"AI_PROVIDER": "groq"}
    assert result.warnings == [
        "AI_PROVIDER y LLM_DEFAULT_PROVIDER dicen cosas distintas: vale AI_PROVIDER."
    ]


def test_an_alias_counts_alone_and_says_where_it_stands() -> None:
    result = chosen(env_file={"LLM_DEFAULT_PROVIDER": "openai", "AI_PROVIDER": ""})

    assert result.values == {"AI_PROVIDER": "openai"}
    assert result.sources == {"AI_PROVIDER": ".env"}


def test_names_may_be_written_in_small_letters() -> None:
    assert chosen(env_file={"shop_name": "Uno"}).values == {"SHOP_NAME": "Uno"}


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("GROQ_APIKEY", "GROQ_API_KEY"),
        ("GROK_API_KEY", "GROQ_API_KEY"),
        ("GROQ_TIMOUT", "GROQ_TIMEOUT"),
        ("AI_PROVIDERS", "AI_PROVIDER"),
    ],
)
def test_a_slip_in_a_name_is_asked_about(name: str, meant: str) -> None:
    (warning,) = chosen(env_file={name: "1"}).warnings

    assert name in warning
    assert f"¿Querías decir {meant}?" in warning


def test_names_of_other_programs_are_left_in_peace() -> None:
    assert chosen(environment={"PATH": "/bin", "GROQ_ORGANIZATION": "x"}).warnings == []


@pytest.mark.parametrize(
    ("content", "value"),
    [
        (b"SHOP_NAME=Uno", "Uno"),
        (b"\xef\xbb\xbfSHOP_NAME=Uno\r\nGROQ_TIMEOUT=1\r\n", "Uno"),
        (b'export SHOP_NAME = "Uno # dos" # nota\n', "Uno # dos"),
        (b"SHOP_NAME='$HOME ${X}'\n", "$HOME ${X}"),
        ("SHOP_NAME=Peñón # nota\n".encode(), "Peñón"),
        (b"SHOP_NAME=old\nSHOP_NAME=Uno\n", "Uno"),
    ],
    ids=["bare", "BOM and Windows line ends", "quotes", "dollar signs", "accents", "twice"],
)
def test_a_file_is_read_as_its_owner_meant_it(tmp_path: Path, content: bytes, value: str) -> None:
    values, _ = read_env_file(written(tmp_path, content))

    assert values["SHOP_NAME"] == value


def test_a_line_that_says_nothing_is_named_without_its_words(tmp_path: Path) -> None:
    values, warnings = read_env_file(written(tmp_path, b"A=1\nGROQ_API_KEY: gsk_real\nSOLO\nA=2\n"))

    assert values == {"A": "2"}
    assert [warning.split(":")[0] for warning in warnings] == [
        "El archivo .env, línea 2",
        "El archivo .env, línea 3",
        "El archivo .env, línea 4",
    ]
    assert "gsk_real" not in "".join(warnings)


def test_no_file_is_an_empty_one(tmp_path: Path) -> None:
    assert read_env_file(tmp_path / ".env") == ({}, [])
    assert read_env_file(None) == ({}, [])


@pytest.mark.parametrize(
    "content", ["A=1\nSHOP_NAME=Peñón\n".encode("cp1252"), "A=1\nB=ñ".encode("utf-16")]
)
def test_another_encoding_is_a_fault_that_tells_how_to_save(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(ConfigError, match=r"no está guardado en UTF-8 \(línea [12]\)"):
        read_env_file(written(tmp_path, content))


def test_a_folder_in_its_place_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / ".env").mkdir()
    with pytest.raises(ConfigError, match=r"No se puede leer el archivo \.env"):
        read_env_file(tmp_path / ".env")
