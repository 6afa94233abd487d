"""The page, in a real browser. `cargo xtask browser` runs this.

Starts a host with guests that misbehave, and does what an operator does: starts a task and
watches its log arrive, cancels one, sees what failed and why. Nothing is waited for by time.
"""

import argparse
import json
import pathlib
import sys

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import expect, sync_playwright
from serving import Host

FORGERY = "</p><script>alert('guest')</script><img src=x onerror=alert(1)>"

CONFIG = f"""
[web]
listen = "127.0.0.1:0"
anonymous = "admin"

[defaults]
retry = {{ max_attempts = 2, delay = "10ms" }}

[task.waits]
plugin = "unruly"
function = "wait"
args = {{ path = "/gate/open" }}
schedule = {{ manual = true }}
grants.dirs = [{{ host = "gate", guest = "/gate", access = "read-only" }}]

[task.panics]
plugin = "unruly"
function = "panic"
args = {{ message = {json.dumps(FORGERY)} }}
schedule = {{ manual = true }}

[task.backup-ledger]
plugin = "unruly"
function = "sleep"
args = {{ ms = 40 }}
schedule = {{ every = "1s" }}

[task.nightly-close]
plugin = "unruly"
function = "echo"
args = {{ ledgers = ["eu", "us"] }}
schedule = {{ cron = "30 2 * * *", timezone = "Europe/Paris" }}
"""

FLAGS = """--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
--disable-component-update --disable-sync""".split()

PAGES = ["/", "/tasks", "/tasks/panics", "/tasks/nightly-close", "/runs", "/plugins", "/plugins/unruly", "/alerts", "/runs/999", "/login",
         "/state", "/state/task/panics", "/state/task/panics/entry?key=cursor", "/state/task/panics/entry?key=none"]


class GatedHost(Host):
    """A host whose task `waits` waits until its gate is open."""

    def __init__(self, binary, plugins):
        super().__init__(binary, plugins, CONFIG, folders=["gate"])

    def open_gate(self):
        (self.folder / "gate/open").touch()

    def close_gate(self):
        (self.folder / "gate/open").unlink()


class Browser:
    """A browser that asks one host and nobody else, and in which nothing of a guest runs."""

    def __init__(self, browser, host):
        self.browser, self.host, self.wrong = browser, host, []

    def window(self, **options):
        context = self.browser.new_context(base_url=self.host.address, **options)
        context.on("request", self.asked)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("dialog", lambda dialog: self.wrong.append(f"a dialog says {dialog.message}"))
        page.on("pageerror", lambda error: self.wrong.append(f"{page.url}: {error}"))
        page.on("console", lambda said: said.type == "error" and self.complain(page, said))
        return page

    def asked(self, request):
        if not request.url.startswith((self.host.address, "data:")):
            self.wrong.append(f"it asks {request.url}")

    def complain(self, page, said):
        # Stories ask for what is refused, too; the page that says so is what they look at.
        if "the server responded with a status of 4" not in said.text:
            self.wrong.append(f"{page.url}: {said.text}")


def focus(page, selector):
    """Goes to an element by the keyboard alone; wherever it stops on the way can be seen."""
    wanted = page.locator(selector)
    for _ in range(80):
        page.keyboard.press("Tab")
        seen = page.evaluate("""() => {
            const style = getComputedStyle(document.activeElement);
            return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0;
        }""")
        assert seen, f"the focus can't be seen: {page.evaluate('document.activeElement.outerHTML')[:200]}"
        if wanted.evaluate("element => element === document.activeElement"):
            return
    raise AssertionError(f"the keyboard does not lead to {selector}")


def starts_a_task_and_watches_its_log(browser, host):
    page = browser.window()
    page.goto("/tasks")
    page.get_by_role("link", name="waits", exact=True).click()
    focus(page, "#trigger > summary")
    page.keyboard.press("Enter")
    focus(page, "#trigger-do")
    page.keyboard.press("Enter")
    expect(page.locator("#notice")).to_contain_text("new run")
    expect(page.locator("#run-state")).to_contain_text("running")
    # It came after the page was there, or was on it already; further ones come by the stream.
    expect(page.locator("#log-lines")).to_contain_text("waiting")
    expect(page.locator("#log-status")).to_contain_text("follows")
    before = page.evaluate("performance.timeOrigin")
    host.open_gate()
    expect(page.locator("#log-status")).to_contain_text("complete")
    expect(page.locator("#run-state")).to_contain_text("succeeded")
    expect(page.locator("#announce")).to_contain_text("succeeded")
    assert page.evaluate("performance.timeOrigin") == before, "the page was loaded again"
    host.close_gate()


def sees_a_line_arrive_and_cancels(browser, host):
    """The page is there before the guest says anything: it begins a second later."""
    page = browser.window()
    page.goto("/tasks/waits")
    page.locator("#trigger > summary").click()
    page.locator("#after").fill("1s")
    page.locator("#trigger-do").click()
    expect(page.locator("#log-status")).to_contain_text("follows")
    expect(page.locator("#log-lines li .t", has_text="waiting")).to_be_visible()
    page.locator("#cancel > summary").click()
    page.locator("#cancel-do").click()
    expect(page.locator("#run-state")).to_contain_text("cancelled")
    expect(page.locator("#rerun > summary")).to_be_visible()


def sees_what_failed_and_why(browser, host):
    page = browser.window()
    page.goto("/tasks/panics")
    page.locator("#trigger > summary").click()
    page.locator("#trigger-do").click()
    expect(page.locator("#run-state")).to_contain_text("trapped")
    page.goto("/")
    ill = page.locator("#attention")
    expect(ill).to_contain_text("panics")
    # The guest's mark-up is there to be read.
    expect(ill).to_contain_text("<script>alert('guest')</script>")
    ill.locator("a.n.nw").first.click()
    expect(page.locator("#errors")).to_contain_text("<img src=x onerror=alert(1)>")
    page.locator("#errors summary").first.click()
    expect(page.locator("#errors pre").first).to_contain_text("give_up")
    assert page.locator("main script, main img").count() == 0
    expect(page.locator("#log-lines")).to_contain_text("<script>")


def changes_what_a_task_keeps(browser, host):
    """What is written is what is read again, whatever a browser would make of it."""
    page = browser.window()
    page.goto("/tasks/panics")
    focus(page, "#state a")
    page.keyboard.press("Enter")
    expect(page.locator("#fill")).to_contain_text("0 of 10,000")
    for key, value in ((FORGERY, FORGERY), ("cursor", "\n{\n\t\"page\": 3\n}\n")):
        focus(page, "#open > summary")
        page.keyboard.press("Enter")
        focus(page, "#key")
        page.keyboard.insert_text(key)
        page.keyboard.press("Enter")
        page.locator("#text").fill(value)
        focus(page, "#write-do")
        page.keyboard.press("Enter")
        expect(page.locator("#notice")).to_contain_text("The entry is written")
        expect(page.get_by_role("heading", level=1)).to_have_text(key)
        expect(page.locator("#text")).to_have_value(value)
        page.goto("/state/task/panics")
    expect(page.locator("#keys")).to_contain_text("<script>alert('guest')</script>")
    assert page.locator("main script, main img").count() == 0
    # Somebody else is faster.
    page.get_by_role("link", name="cursor", exact=True).click()
    other = browser.window()
    other.goto(page.url)
    for window, value in ((other, "theirs"), (page, "mine")):
        window.locator("#text").fill(value)
        window.locator("#write-do").click()
    expect(page.get_by_role("alert")).to_contain_text("somebody has changed it meanwhile")
    expect(page.locator("#text")).to_have_value("mine")
    keeps_nobody_out(page, "an entry that was not written")
    page.locator("#write-do").click()
    expect(page.locator("#notice")).to_contain_text("The entry is written")
    page.goto("/state")
    page.get_by_role("link", name="panics").click()
    page.locator("tr", has_text="<script>").get_by_role("link").click()
    page.locator("#delete > summary").click()
    page.locator("#delete-do").click()
    expect(page.locator("#notice")).to_contain_text("The entry is gone")


def works_without_a_script(browser, host):
    page = browser.window(java_script_enabled=False)
    page.goto("/tasks/nightly-close")
    page.locator("#trigger > summary").click()
    page.locator("#args").fill("{")
    page.locator("#trigger-do").click()
    expect(page.get_by_role("alert")).to_contain_text("not JSON")
    expect(page.locator("#args")).to_have_value("{")
    page.locator("#args").fill('{ "mine": true }')
    page.locator("#trigger-do").click()
    expect(page.locator("#notice")).to_contain_text("new run")


def logs_in_and_out(browser, host):
    """What went wrong is said to those who don't see it as well, and the keyboard is enough."""
    page = browser.window()
    page.goto("/login?next=/runs")
    token = page.get_by_label("Token")
    expect(token).to_be_focused()
    page.keyboard.type("hor_nobody")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("does not know this token")
    expect(token).to_be_focused()
    expect(token).to_have_accessible_description("This host does not know this token.")
    keeps_nobody_out(page, "/login, refused")
    focus(page, "#log-in")
    token.fill(host.token("read"))
    token.press("Enter")
    expect(page).to_have_url(f"{host.address}/runs")
    page.get_by_role("button", name="Sign out").click()
    expect(page).to_have_url(f"{host.address}/login")


def keeps_nobody_out(page, where):
    """Nothing that axe finds does."""
    found = Axe().run(page).response["violations"]
    found = [f"{it['id']}: {it['nodes'][0]['html'][:200]} {it['nodes'][0]['failureSummary']}" for it in found]
    assert not found, f"{where}: " + "\n".join(found)


def fits_everywhere(browser, host):
    for scheme in ("light", "dark"):
        for width in (1280, 360):
            page = browser.window(color_scheme=scheme, viewport={"width": width, "height": 800})
            for path in PAGES + ["/runs/1", "/runs/3"]:
                page.goto(path)
                widest = page.evaluate("document.documentElement.scrollWidth")
                assert widest <= width, f"{path} is {widest} wide in a window of {width}"
                keeps_nobody_out(page, f"{path}, {scheme}, {width}")
            page.context.close()


STORIES = [
    starts_a_task_and_watches_its_log,
    sees_a_line_arrive_and_cancels,
    sees_what_failed_and_why,
    changes_what_a_task_keeps,
    works_without_a_script,
    logs_in_and_out,
    fits_everywhere,
]


def take_pictures(browser, host, folder):
    """The README's: while something runs, and where something failed."""

    def window(scheme):
        return browser.window(color_scheme=scheme, viewport={"width": 1120, "height": 700})

    page = window("light")
    page.goto("/tasks/waits")
    page.locator("#trigger > summary").click()
    page.locator("#trigger-do").click()
    expect(page.locator("#log-lines")).to_contain_text("waiting")
    page.goto("/?span=10m")
    page.screenshot(path=folder / "page-overview.png")
    page.goto("/tasks/backup-ledger")
    page.screenshot(path=folder / "page-task.png")
    page = window("dark")
    page.goto("/")
    page.locator("#attention a.n.nw").first.click()
    page.locator("#errors summary").first.click()
    page.screenshot(path=folder / "page-run.png")
    host.open_gate()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--host", type=pathlib.Path, required=True, help="the binary")
    parser.add_argument("--plugins", type=pathlib.Path, required=True, help="where the guests of the tests are")
    parser.add_argument("--chromium", required=True, help="the browser")
    parser.add_argument("--pictures", type=pathlib.Path, help="where to put the README's")
    arguments = parser.parse_args()
    host = GatedHost(arguments.host.resolve(), arguments.plugins)
    failed = 0
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(executable_path=arguments.chromium, args=FLAGS)
        for story in STORIES:
            browser = Browser(chromium, host)
            try:
                story(browser, host)
                assert not browser.wrong, "\n".join(browser.wrong)
                print(f"ok   {story.__name__}", flush=True)
            except Exception as reason:
                failed += 1
                print(f"FAIL {story.__name__}: {reason}", flush=True)
        if arguments.pictures and not failed:
            take_pictures(Browser(chromium, host), host, arguments.pictures)
        chromium.close()
    host.stop()
    print(f"{len(STORIES) - failed} passed, {failed} failed")
    sys.exit(1 if failed else 0)


if __name__ == "__main__":
    main()
