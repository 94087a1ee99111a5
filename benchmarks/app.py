"""How quick the workshop app is, browser included: medians, on a machine that does nothing else.

python benchmarks/app.py [--quick]

Needs chromium, and the packages of the tests. Memory is that of the server's process (Linux).
"""

from __future__ import annotations

import json
import re
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "tests"))

from browser import Server, Visitor, open_browser

ANA = "Ana, employed by none of them, looks after the partnership as a whole"

# From an act to the picture that answers it: when the new one is there, and painted.
ACT = """
async ([selector, values, event]) => {
  const times = [];
  for (const value of values) {
    const control = document.querySelector(selector);
    const picture = [...document.querySelectorAll("main .ps-picture")].pop();
    const drawn = new Promise(resolve => {
      const watch = new MutationObserver(() => { watch.disconnect(); resolve(); });
      watch.observe(picture, { childList: true, subtree: true });
    });
    const begun = performance.now();
    control.value = value;
    control.dispatchEvent(new Event(event, { bubbles: true }));
    await Promise.race([drawn, new Promise(resolve => setTimeout(resolve, 10000))]);
    await new Promise(resolve => requestAnimationFrame(() => setTimeout(resolve)));
    times.push(performance.now() - begun);
    await new Promise(resolve => setTimeout(resolve, 150));
  }
  return times;
}
"""

PLAY = """
() => new Promise(resolve => {
  let built = 0;
  const watch = new MutationObserver(found => found.forEach(
    change => built += change.addedNodes.length + change.removedNodes.length));
  document.querySelectorAll(".ps-picture").forEach(
    picture => watch.observe(picture, { childList: true, subtree: true }));
  const costs = [];
  const show = month => {
    if (month > 60) { resolve({ costs, built }); return; }
    const begun = performance.now();
    partnersim.show(month);
    document.body.getBoundingClientRect();
    costs.push(performance.now() - begun);
    requestAnimationFrame(() => show(month + 1));
  };
  show(1);
})
"""


def megabytes(server: Server) -> float:
    """Resident memory of the server."""
    assert server.process is not None
    status = Path(f"/proc/{server.process.pid}/status").read_text()
    found = re.search(r"VmRSS:\s+(\d+) kB", status)
    return int(found[1]) / 1024 if found else float("nan")


def timed(do: Callable[[], Any]) -> float:
    """Seconds that something takes."""
    begun = time.perf_counter()
    do()
    return time.perf_counter() - begun


def open_tab(page: Any, name: str) -> None:
    """Turn to a part of the page."""
    page.get_by_role("button", name=name).first.click()
    page.wait_for_function(
        "name => document.querySelector('.ps-tabs [aria-current]').innerText === name", arg=name
    )


def open_sandbox(page: Any) -> None:
    """Leave the story."""
    page.get_by_role("button", name="Menu", exact=True).click()
    page.get_by_role("button", name="No story: try things out").click()
    page.wait_for_function("!document.querySelector('.ps-dots')")


def pull_levers(page: Any, n: int) -> list[float]:
    """Milliseconds from a lever to its picture, n times."""
    values = [["0", "0.9"][index % 2] for index in range(n)]
    selector = "#ps-lever-delegated_authority"
    return list(page.evaluate(ACT, [selector, values, "change"]))


def drag_deadline(page: Any, n: int) -> list[float]:
    """Milliseconds from the deadline's slider to its picture, n times."""
    values = [str(40 + index % 50) for index in range(n)]
    return list(page.evaluate(ACT, ["#ps-deadline", values, "input"]))


def new_hundreds(page: Any, n: int) -> list[float]:
    """Milliseconds from a lever never pulled so before to 100 new pairs on the picture."""
    open_tab(page, "Out of 100")
    found = []
    page.wait_for_selector("#ps-switch")
    options = page.evaluate(
        "[...document.querySelector('#ps-switch').options].map(one => one.value)"
        ".filter(value => value.startsWith('lever'))"
    )
    for value in options[:n]:
        begun = time.perf_counter()
        page.select_option("#ps-switch", value)
        page.get_by_role("button", name="Do not guess").click()
        page.wait_for_selector("#ps-deadline")
        found.append(1000 * (time.perf_counter() - begun))
    return found


def main() -> None:
    """Measure, and print as JSON."""
    server = Server()
    found: dict[str, Any] = {"serving after (s)": timed(server.start)}
    try:
        measure(server, found, is_quick="--quick" in sys.argv)
    finally:
        server.stop()
    print(json.dumps(found, indent=2))


def measure(server: Server, found: dict[str, Any], is_quick: bool) -> None:
    """Measure everything in one browser."""
    n = 5 if is_quick else 20
    with open_browser() as browser:
        warm = Visitor(browser, server.address)
        warm.go()
        found["page ready, new browser (s)"] = statistics.median(
            timed(Visitor(browser, server.address).go) for _ in range(3)
        )
        page = warm.page
        page.get_by_role("button", name="Next", exact=True).click()
        page.wait_for_selector(".ps-cursor", state="attached")
        played = page.evaluate(PLAY)
        found["a month played (ms)"] = statistics.median(played["costs"])
        found["worst month played (ms)"] = max(played["costs"])
        found["elements built while playing"] = played["built"]
        open_sandbox(page)
        open_tab(page, "Change something")
        page.wait_for_selector("#ps-lever-delegated_authority")
        found["lever to picture, one run (ms)"] = statistics.median(pull_levers(page, n))
        found["switch to 100 new pairs, two clicks (ms)"] = statistics.median(
            new_hundreds(page, min(n, 8))
        )
        found["deadline to picture, 100 pairs (ms)"] = statistics.median(drag_deadline(page, n))
        others = [Visitor(browser, server.address) for _ in range(9)]
        for other in others:
            other.go()
            open_sandbox(other.page)
            open_tab(other.page, "Change something")
            other.page.wait_for_selector("#ps-lever-delegated_authority")
        open_tab(page, "Change something")
        found["lever to picture with 10 pages open, each in turn (ms)"] = statistics.median(
            time for one in (warm, *others) for time in pull_levers(one.page, 2)
        )
        before = megabytes(server)
        for _ in range(30):
            warm.go(page=warm.open_page())
        found["30 more pages (MB)"] = megabytes(server) - before
        for _ in range(30):
            warm.context.pages[-1].close()
        pull_levers(page, 50)
        before = megabytes(server)
        many = 100 if is_quick else 2000
        for _ in range(many // 50):
            pull_levers(page, 50)
        found[f"{many} interactions (MB)"] = megabytes(server) - before


if __name__ == "__main__":
    main()
