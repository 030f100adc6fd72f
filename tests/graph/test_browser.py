"""In a real browser: no text leaves its box, it is large enough, and the steps can be used."""

import pytest

from coursekit import graph
from tests.graph.works import WORKS

pytestmark = pytest.mark.browser


def figure(name: str, **options) -> graph.Drawing:
    _, root = WORKS[name]()
    root.backward()
    return graph.draw(root, **options)


def show(browser, html: str, **options):
    page = browser.new_page(viewport={"width": 1280, "height": 720}, **options)
    body = f'<!doctype html><meta charset="utf-8"><div style="width:1180px">{html}</div>'
    page.set_content(body)
    return page


OVERFLOW = """() => {
  const bad = [];
  for (const g of document.querySelectorAll('svg.ck-graph g:not(.ck-arrow)')) {
    const box = g.querySelector('rect').getBoundingClientRect();
    for (const t of g.querySelectorAll('text')) {
      const r = t.getBoundingClientRect();
      if (r.left < box.left - .5 || r.right > box.right + .5 ||
          r.top < box.top - 1.5 || r.bottom > box.bottom + 1.5) bad.push(t.textContent);
    }
  }
  return bad;
}"""

FONTS = ("monospace", "DejaVu Sans Mono", "Liberation Mono", "Courier New", "Consolas")


@pytest.mark.parametrize("name", WORKS)
def test_no_text_leaves_its_box_in_any_monospaced_font(browser, name):
    page = show(browser, figure(name).html() + figure(name, view="compact", details=True).html())
    page.wait_for_selector("svg.ck-graph")
    assert page.locator("svg.ck-graph text").count() > 4
    for font in FONTS:
        page.evaluate(
            "font => document.querySelectorAll('svg.ck-graph')"
            ".forEach(s => s.setAttribute('font-family', font + ',monospace'))",
            font,
        )
        assert page.evaluate(OVERFLOW) == [], font
    page.close()


@pytest.mark.parametrize("name", WORKS)
def test_text_height_on_a_slide_is_what_the_attribute_says(browser, name):
    drawing = figure(name)
    page = show(browser, drawing.html())
    page.wait_for_selector("svg.ck-graph")
    svg = page.locator("svg.ck-graph")
    scale = svg.evaluate("s => s.getScreenCTM().a")
    size = float(svg.locator("text[font-weight=bold]").first.get_attribute("font-size"))
    shown = size * scale
    assert shown >= 18
    assert shown == pytest.approx(drawing.text_px, rel=0.03)
    box = svg.bounding_box()
    assert box["width"] <= 1181
    assert box["height"] <= 541
    page.close()


def test_no_two_boxes_overlap(browser):
    for name in WORKS:
        boxes = [spot[1:] for spot in figure(name).placed.boxes]
        for i, (x, y, w, h) in enumerate(boxes):
            for a, b, c, d in boxes[i + 1 :]:
                assert x + w <= a + 0.5 or a + c <= x + 0.5 or y + h <= b + 0.5 or b + d <= y + 0.5


def test_stepping_with_buttons_and_keys(browser):
    _, root = WORKS["quadratic"]()
    root.backward()
    steps = graph.steps(root)
    page = show(browser, steps.html())
    fig = page.locator("figure.ck-steps")
    page.wait_for_selector("figure.ck-steps[data-step='0']")
    caption = fig.locator("nav + p")
    assert caption.inner_text() == steps.captions[0]
    hidden = "text.ck-off"
    before = fig.locator(hidden).count()
    assert before > 10
    fig.get_by_role("button", name="next step").click()
    assert caption.inner_text() == steps.captions[1]
    assert fig.locator(hidden).count() == before - 1
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert fig.get_attribute("data-step") == "2"
    page.keyboard.press("End")
    assert fig.locator(hidden).count() == 0
    assert caption.inner_text() == steps.captions[-1]
    page.keyboard.press("ArrowRight")  # stays at the end, and the keys go on working
    page.keyboard.press("Home")
    assert fig.get_attribute("data-step") == "0"
    page.close()


def test_two_figures_on_a_page_step_apart(browser):
    _, root = WORKS["square"]()
    root.backward()
    html = graph.steps(root).html()
    page = show(browser, html + html)
    page.wait_for_selector("figure.ck-steps[data-step='0'] >> nth=1")
    page.get_by_role("button", name="next step").nth(1).click()
    steps = [f.get_attribute("data-step") for f in page.locator("figure.ck-steps").all()]
    assert steps == ["0", "1"]
    page.close()


def test_without_scripts_the_finished_picture_and_the_captions_are_there(browser):
    _, root = WORKS["square"]()
    root.backward()
    steps = graph.steps(root)
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.set_content(f"<!doctype html><meta charset=utf-8>{steps.html()}")
    box = page.locator("figure img").bounding_box()
    assert box["width"] > 300
    assert box["height"] > 100
    page.locator("summary").click()
    assert page.locator("li").all_inner_texts() == steps.captions
    assert page.locator("button").count() == 0
    context.close()


def test_answer_of_a_quiz_takes_the_place_of_the_question(browser):
    page = show(browser, figure("square", predict="grads").html())
    page.wait_for_selector("svg.ck-graph >> nth=1", state="attached")
    question, answer = page.locator("svg.ck-graph").nth(1), page.locator("svg.ck-graph").nth(0)
    assert question.is_visible()
    assert not answer.is_visible()
    page.locator("summary").click()
    assert answer.is_visible()
    assert not question.is_visible()
    page.close()
