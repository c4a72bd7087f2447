"""What a command says of its progress: plain lines in a file, one line that moves on a terminal."""

import re
from io import StringIO

import pytest
from rich.console import Console

from euthymia.cli.progress import Stages, duration


class Terminal(StringIO):
    def isatty(self) -> bool:
        return True


class Clock:
    """Seconds, moved by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock():
    return Clock()


def in_a_file(clock):
    file = StringIO()
    return file, Stages(Console(file=file, soft_wrap=True, highlight=False, emoji=False), "Loading", clock)


def on_a_terminal(clock, width=40):
    file = Terminal()
    return file, Stages(Console(file=file, soft_wrap=True, force_terminal=True, width=width), "Loading", clock)


def test_in_a_file_every_stage_is_one_plain_line_with_the_time_since_the_beginning(clock):
    file, stages = in_a_file(clock)
    with stages as at:
        clock.now += 2
        at.say("Solving escitalopram (1 of 2)")
        clock.now += 70
        at.say("[bold]Solving[/bold] :cat: with a name so long that a terminal of eighty columns would have had to break the line")
    assert file.getvalue().splitlines() == [
        "[2 s] Solving escitalopram (1 of 2)",
        "[1 min 12 s] [bold]Solving[/bold] :cat: with a name so long that a terminal of eighty columns would have had to break the line",
    ]


def test_the_opening_stage_leaves_no_line_in_a_file_so_that_refused_input_is_one_line(clock):
    file, stages = in_a_file(clock)
    with pytest.raises(ValueError, match="refused"), stages:
        raise ValueError("refused")
    assert file.getvalue() == ""


def test_in_a_file_steps_are_counted_no_more_than_every_ten_seconds(clock):
    file, stages = in_a_file(clock)
    with stages as at:
        done = at.count("Solving patients", 240)
        for step in range(240):
            clock.now += 0.125
            done(step + 1)
    lines = file.getvalue().splitlines()
    assert [line.split("]")[0] for line in lines] == ["[0 s", "[10 s", "[20 s", "[30 s"]
    assert lines[1] == "[10 s] Solving patients: 80 of 240, about 20 s left"


def test_the_time_left_follows_the_pace_after_the_first_steps_which_wait_for_a_compiler(clock):
    file, stages = in_a_file(clock)
    with stages as at:
        done = at.count("Solving", 10)
        clock.now += 60
        done(1)
        clock.now += 10
        done(6)
    assert file.getvalue().splitlines()[1:] == ["[1 min 00 s] Solving: 1 of 10", "[1 min 10 s] Solving: 6 of 10, about 8 s left"]


def test_a_stage_in_other_words_is_no_new_stage(clock):
    file, stages = in_a_file(clock)
    with stages as at:
        at.say("Calibrating")
        for _ in range(50):
            clock.now += 1
            at.update(f"Calibrating: {clock.now:g}")
    assert len(file.getvalue().splitlines()) == 6


def test_on_a_terminal_one_line_moves_within_the_width_and_is_gone_at_the_end(clock):
    file, stages = on_a_terminal(clock)
    with stages as at:
        at.say("A stage with a name so long that it needs several lines of this terminal")
        done = at.count("Solving", 4)
        done(1)
        clock.now += 3
        done(2)
        at._live.refresh()
    shown = file.getvalue()
    assert "Solving: 2 of 4, about 6 s left" in shown
    assert max(map(len, re.split(r"[\r\n]", re.sub(r"\x1b\[[^A-Za-z]*[A-Za-z]", "", shown)))) <= 40
    cursor_hidden, cursor_shown, erased = "\x1b[?25l", "\x1b[?25h", "\x1b[2K"
    assert shown.index(cursor_hidden) < shown.index(cursor_shown)
    assert shown.endswith(erased)


@pytest.mark.parametrize(("environment", "file"), [({"TERM": "dumb"}, Terminal()), ({"FORCE_COLOR": "1"}, StringIO())])
def test_nothing_moves_where_nothing_can(environment, file, clock, monkeypatch):
    monkeypatch.delenv("FORCE_COLOR", raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    with Stages(Console(file=file, highlight=False), "Loading", clock) as at:
        at.say("Solving")
    assert file.getvalue() == "[0 s] Solving\n"


@pytest.mark.parametrize(
    ("seconds", "said"), [(0.0, "0 s"), (59.4, "59 s"), (59.6, "1 min 00 s"), (3599.0, "59 min 59 s"), (7265.0, "2 h 01 min")]
)
def test_a_duration_is_said_as_on_a_clock(seconds, said):
    assert duration(seconds) == said
