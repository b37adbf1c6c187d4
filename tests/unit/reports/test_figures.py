"""Figures: shapes stay inside their frame whatever the run was, and SVG obeys no word of others."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from praetor.reports.figures.charts import MOST, charts
from praetor.reports.figures.path import resolution_path
from praetor.reports.figures.service_map import MOST_SERVICES, service_map
from praetor.reports.figures.shapes import Area, Box, Curve, Dot, Figure, Line, Words
from praetor.reports.figures.svg import svg
from praetor.reports.story import Story, read_story
from tests.support.told_runs import KINDS, PLAYED, told
from tests.unit.reports.test_hostile_content import HOSTILE, hostile_run

ROOM = 6.0  # a ring or a tip may stand over by so many points
SVG_TAGS = {"svg", "title", "polyline", "path", "polygon", "rect", "circle", "text"}
NAMES = st.sampled_from([f"service-{number}" for number in range(60)])


def story_of(kind: str) -> Story:
    return read_story(told(kind)[1])


def drawn(story: Story) -> list[Figure]:
    found = service_map(story)
    return [resolution_path(story), *charts(story), *([found] if found else [])]


def places(figure: Figure):
    for shape in figure.shapes:
        match shape:
            case Line() | Curve() | Area():
                yield from shape.points
            case Box():
                yield from ((shape.x, shape.y), (shape.x + shape.width, shape.y + shape.height))
            case Dot() | Words():
                yield shape.x, shape.y


def assert_inside(figure: Figure) -> None:
    for x, y in places(figure):
        assert -ROOM <= x <= figure.width + ROOM
        assert -ROOM <= y <= figure.height + ROOM


@pytest.mark.parametrize("kind", KINDS)
def test_every_shape_is_inside_its_figure(kind):
    for figure in drawn(story_of(kind)):
        assert_inside(figure)


@given(st.lists(st.tuples(NAMES, NAMES), max_size=120))
def test_any_graph_of_calls_is_drawn_whole_circles_too(calls):
    story = Story(setting={"calls": [list(call) for call in calls]})
    figure = service_map(story)
    names = {name for call in calls if call[0] != call[1] for name in call}
    if not names:
        assert figure is None
        return
    assert_inside(figure)
    assert sum(isinstance(shape, Box) for shape in figure.shapes) >= min(len(names), MOST_SERVICES)


def test_the_map_marks_the_cause_and_what_was_changed():
    figure = service_map(story_of("resolved"))
    strong = [shape.text for shape in figure.shapes if isinstance(shape, Words) and shape.strong]
    assert strong == ["public-api"]
    assert figure.title == "Service map: unwell when the alert came in: storefront, public-api"


def test_the_map_knows_from_descriptions_who_calls_whom_where_nobody_told_it():
    story = story_of("resolved")
    story.setting = {key: value for key, value in story.setting.items() if key != "calls"}
    assert ("storefront", "public-api") in story.calls
    assert service_map(story) is not None


@pytest.mark.parametrize("kind", PLAYED)
def test_the_course_has_the_objectives_the_loss_and_the_suspects(kind):
    titles = [figure.title for figure in charts(story_of(kind))]
    assert titles[0].startswith("Requests served, ")
    assert titles[1].startswith("p99 latency, ")
    assert titles[2].startswith("User minutes lost so far: ")
    assert len(titles) <= MOST


def test_the_path_is_in_the_order_of_time():
    told_path = resolution_path(story_of("resolved")).title
    stations = ["0:00 Alert", "0:00 Looked", "1:50 Suspected", "1:50 Step 8", "Well again", "Declared"]
    found = [told_path.find(station) for station in stations]
    assert -1 not in found
    assert found == sorted(found)


@pytest.mark.parametrize("words", [*HOSTILE, "'\"><script>", "]]>"])
def test_svg_holds_our_tags_only_and_no_style(words):
    for figure in drawn(read_story(hostile_run(words)[1])):
        root = ElementTree.fromstring(svg(figure))
        tags = {element.tag.removeprefix("{http://www.w3.org/2000/svg}") for element in root.iter()}
        assert tags <= SVG_TAGS
        assert all("style" not in element.attrib and "onload" not in element.attrib for element in root.iter())
