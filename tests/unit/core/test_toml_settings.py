from __future__ import annotations

import pytest
from pydantic import BaseModel, ConfigDict, Field, PositiveInt, model_validator

from entrox.core import FormatError, InputError
from entrox.core.toml_settings import parse_settings, read_settings


class Strict(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Item(Strict):
    name: str
    amounts: tuple[int | float | str, ...] = ()


class Box(Strict):
    low: float = 0.0
    high: float = 1.0

    @model_validator(mode="after")
    def _ordered(self) -> Box:
        if self.low > self.high:
            raise ValueError("low must not exceed high")
        return self


class Recipe(Strict):
    seed: int = Field(default=1, ge=0)
    box: Box = Box()
    items: tuple[Item, ...] = ()
    count: PositiveInt | None = None


def test_values_and_defaults_come_out_of_the_text() -> None:
    recipe = parse_settings('seed = 4\n[[items]]\nname = "a"\namounts = [0, 0.5, "1/8"]\n', Recipe)
    assert recipe == Recipe(seed=4, items=(Item(name="a", amounts=(0, 0.5, "1/8")),))


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("sead = 4\n", "line 1: unknown key 'sead'; did you mean seed? Known here: seed, box, items, count."),
        ("[box]\nhigh = 2\nlo = 1\n", "line 3: unknown key 'lo'; did you mean low? Known here: low, high."),
        ('[[items]]\nname = "a"\n\n[[items]]\nnames = "b"\n', "line 4: items.name is missing."),
        ("\n[box]\nhigh = 'wide'\n", "line 3: box.high: input should be a valid number, unable to parse string as a"),
        ("seed = -1\n", "line 1: seed: input should be greater than or equal to 0; got -1."),
        ("\n[box]\nlow = 2\n", "line 2: box: low must not exceed high."),
        ("[[items]]\nname = 'a'\namounts = [[1]]\n", "line 3: items.amounts: input should be a valid"),
    ],
)
def test_a_mistake_is_named_with_its_line(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_settings(text, Recipe)
    assert message in str(caught.value)


def test_a_file_that_is_not_toml_or_not_there_is_refused_with_its_path(tmp_path) -> None:
    path = tmp_path / "recipe.toml"
    with pytest.raises(InputError, match="cannot read the recipe"):
        read_settings(path, Recipe)
    path.write_text("seed = = 1\n", encoding="utf-8")
    with pytest.raises(FormatError, match=r"recipe\.toml, line 1"):
        read_settings(path, Recipe)
