"""The pages and the widget in a real browser: Chromium, driven by selenium, against the real binary.

Starts `limpid demo`, and pages of other origins: some that are allowed to frame, of the same site and of another
one; one whose script is hostile; one that is not allowed. Presses every control and takes it back, follows every
section, with the pointer and by keyboard alone. Checks all with axe-core in light and dark, wide and narrow, in two
languages; keeps a picture of each in target/browser. Usage: pages.py PATH_TO_LIMPID
"""

import base64
import contextlib
import http.server
import json
import re
import signal
import subprocess
import sys
import tempfile
import threading
import urllib.error
import urllib.request
from pathlib import Path

from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException, WebDriverException
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.support.ui import WebDriverWait

ROOT = Path(__file__).resolve().parents[2]
PICTURES = ROOT / "target" / "browser"
START_SECONDS_MAX = 600
WAIT_SECONDS_MAX = 30
SIZES = {"narrow": (320, 800), "wide": (1280, 900)}
SCHEMES = ("light", "dark")
LANGUAGES = ("en", "fr")
WIDTHS = (320, 360, 480, 600, 768, 1024, 1280)


def axe_source():
    """axe-core, as the package of that name for playwright ships it."""
    (script,) = Path(sys.prefix).glob("lib/python*/site-packages/axe_playwright_python/axe.min.js")
    return script.read_text()


@contextlib.contextmanager
def sites(pages, host="127.0.0.1"):
    """Serves `pages` (path -> HTML) on a port of its own: another origin; yields its address, by the name `host`."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            body = pages.get(self.path.split("?")[0])
            self.send_response(200 if body else 404)
            self.send_header("content-type", "text/html; charset=utf-8")
            # As strict a policy as a site may have: the widget must not need a laxer one.
            if body and "strict" in self.path:
                policy = f"default-src 'none'; script-src {pages['limpid']}; frame-src {pages['limpid']}"
                self.send_header("content-security-policy", policy)
            self.end_headers()
            self.wfile.write((body or "").encode())

        def log_message(self, *_):
            pass

    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://{host}:{server.server_port}"
    finally:
        server.shutdown()


@contextlib.contextmanager
def demo(binary, *allowed):
    """Runs the demo on a free port; yields its address and the tokens that it printed."""
    with tempfile.TemporaryDirectory() as data:
        command = [binary, "demo", "--port", "0", "--data", data]
        command += [part for origin in allowed for part in ("--embed-origin", origin)]
        process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        watchdog = threading.Timer(START_SECONDS_MAX, process.kill)
        watchdog.start()
        printed = []
        for line in process.stdout:
            printed.append(line)
            if found := re.search(r"[Ss]erving .*http://(127\.0\.0\.1:\d+)", line):
                break
        else:
            raise SystemExit("the demo ended before it served:\n" + "".join(printed))
        watchdog.cancel()
        threading.Thread(target=lambda: printed.extend(process.stdout), daemon=True).start()
        text = "".join(printed)
        assert "<limpid-why src=" in text, "the demo says how to embed it"
        try:
            yield f"http://{found[1]}", re.findall(r"why: http://\S+/why/(\S+)", text)
        finally:
            process.send_signal(signal.SIGINT)
            process.wait(timeout=60)


def element(limpid, token, lang):
    link = f'<a href="{limpid}/why/{token}">Why this ad?</a>'
    return f'<limpid-why src="{limpid}" lang="{lang}" token="{token}">{link}</limpid-why>'


def shop(limpid, body, lang="en", script=""):
    return f"""<!doctype html><html lang="{lang}"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>A shop</title><script src="{limpid}/widget.js" defer></script>{script}</head>
<body><main><h1>A shop</h1><p>Ice cream, 20 % off.</p>{body}<p><button id="after">Buy</button></p></main></body></html>"""


def browser(javascript=True):
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    # Frames of other sites in one process, so that the debugger sees what is in them; requests are what they were.
    one_process = "--disable-features=IsolateOrigins,site-per-process"
    arguments = ("--headless=new", "--no-sandbox", "--disable-dev-shm-usage", "--hide-scrollbars", "--lang=en")
    for argument in (*arguments, one_process, "--disable-site-isolation-trials"):
        options.add_argument(argument)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    if not javascript:
        options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
    return webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))


class Session:
    """A browser with what the checks need."""

    def __init__(self, driver):
        self.driver = driver
        self.axe = axe_source()

    def look(self, size, scheme):
        width, height = SIZES[size]
        metrics = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": False}
        self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        self.driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": features})

    def picture(self, name, whole=True):
        PICTURES.mkdir(parents=True, exist_ok=True)
        asked = {"format": "png", "captureBeyondViewport": whole}
        if whole:
            size = self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]
            asked["clip"] = {"x": 0, "y": 0, "width": size["width"], "height": size["height"], "scale": 1}
        shot = self.driver.execute_cdp_cmd("Page.captureScreenshot", asked)
        (PICTURES / f"{name}.png").write_bytes(base64.b64decode(shot["data"]))

    def accessible(self, what):
        """No violation, and nothing wider than the screen."""
        self.driver.execute_script(self.axe)
        report = self.driver.execute_async_script("axe.run(document, {iframes: false}).then(arguments[0])")
        told = [(v["id"], [node["html"] for node in v["nodes"]][:3]) for v in report["violations"]]
        assert not told, f"{what}: {json.dumps(told, indent=1)}"
        assert report["passes"], what
        wide = self.driver.execute_script("return document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{what}: {wide} px wider than the screen"

    def until(self, what):
        """An element that is just being left counts as not there yet."""
        wait = WebDriverWait(self.driver, WAIT_SECONDS_MAX, ignored_exceptions=(StaleElementReferenceException,))
        return wait.until(what)

    def follow(self, element):
        """Clicks, and waits for the page that comes of it."""
        self.driver.execute_script("window.left = true")
        element.click()
        there = "return !window.left && document.readyState === 'complete'"
        # A document that is just being left cannot be asked.
        wait = WebDriverWait(self.driver, WAIT_SECONDS_MAX, ignored_exceptions=(WebDriverException,))
        wait.until(lambda driver: driver.execute_script(there))

    def nodes(self, name, tree=None):
        if tree is None:
            # The debugger sees closed roots and frames; a page does not.
            tree = self.driver.execute_cdp_cmd("DOM.getDocument", {"depth": -1, "pierce": True})["root"]
        found = [tree] if tree.get("nodeName", "").lower() == name else []
        below = tree.get("children", []) + tree.get("shadowRoots", [])
        if document := tree.get("contentDocument"):
            below = below + [document]
        for node in below:
            found += self.nodes(name, node)
        return found

    def keys(self, *keys):
        webdriver.ActionChains(self.driver).send_keys(*keys).perform()

    def is_open(self):
        (dialog,) = self.nodes("dialog")
        return "open" in dialog["attributes"]

    def focused(self):
        """The name and role of what has the focus, as assistive technology is told."""
        tree = self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {})["nodes"]
        for node in reversed(tree):
            properties = {p["name"]: p["value"].get("value") for p in node.get("properties", [])}
            if properties.get("focused") and node["role"]["value"] != "RootWebArea":
                return node["role"]["value"], node["name"]["value"]
        return None

    def focused_in_frame(self):
        """The name and role of what has the focus in the frame."""
        (frame,) = self.nodes("iframe")
        tree = self.driver.execute_cdp_cmd("Accessibility.getFullAXTree", {"frameId": frame["frameId"]})["nodes"]
        for node in reversed(tree):
            properties = {p["name"]: p["value"].get("value") for p in node.get("properties", [])}
            if properties.get("focused") and node["role"]["value"] not in ("RootWebArea", "Iframe"):
                return node["role"]["value"], node["name"]["value"]
        return None

    def tab_to(self, role, name, focused, most=150):
        """Presses Tab until what is named has the focus."""
        for _ in range(most):
            self.keys(Keys.TAB)
            if focused() == (role, name):
                return
        raise AssertionError(f"no {role} named {name} is reached by keyboard")

    def frame_address(self):
        (frame,) = self.nodes("iframe")
        attributes = dict(zip(frame["attributes"][::2], frame["attributes"][1::2]))
        return attributes["src"]

    def in_frame(self):
        """What the frame shows, told by the debugger; empty until it is there."""
        (frame,) = self.nodes("iframe")
        return self.text_of(frame)

    def text_of(self, frame):
        texts = self.nodes("#text", frame.get("contentDocument", {}))
        return " ".join(text["nodeValue"] for text in texts).strip()


def pages_are_accessible(session, limpid, tokens):
    for scheme in SCHEMES:
        for size in SIZES:
            session.look(size, scheme)
            for lang in LANGUAGES:
                for name, path in (
                    ("why", f"/why/{tokens[0]}?lang={lang}"),
                    ("why-nothing-accepted", f"/why/{tokens[-1]}?lang={lang}"),
                    ("why-embedded", f"/why/{tokens[0]}?lang={lang}&embed=1"),
                    ("how", f"/how-it-works?lang={lang}"),
                    ("changes", f"/why/{tokens[0]}/changes?lang={lang}"),
                    ("changes-none", f"/why/{tokens[-1]}/changes?lang={lang}"),
                    ("closed", f"/closed?lang={lang}&from={tokens[0]}"),
                    ("problem", f"/why/forged?lang={lang}"),
                    ("problem-field", f"/why/{tokens[0]}/what-if?lang={lang}"),
                ):
                    session.driver.get(limpid + path)
                    what = f"{name}-{lang}-{size}-{scheme}"
                    session.accessible(what)
                    session.picture(what)
    print("pages: no violation in light and dark, at 320 and 1280 px, in English and French")


def nothing_is_wider_than_the_screen(session, limpid, token):
    for width in WIDTHS:
        metrics = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
        session.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", metrics)
        for lang in ("en", "fr", "de", "es", "it", "nl"):
            for path in (f"/why/{token}", f"/why/{token}/what-if", "/how-it-works", "/why/forged"):
                session.driver.get(f"{limpid}{path}?lang={lang}")
                assert session.driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == lang
                wide = session.driver.execute_script("return document.documentElement.scrollWidth - innerWidth")
                assert wide <= 0, f"{path} in {lang}: {wide} px wider than {width} px"
    print(f"pages: nothing is wider than the screen at {', '.join(map(str, WIDTHS))} px, in six languages")


def every_control_gives_a_receipt_and_is_taken_back(session, limpid, token):
    """Presses all buttons of a page, each with its receipt, and takes each back."""
    driver, why = session.driver, f"{limpid}/why/{token}"
    pressed = []
    for turn, lang in enumerate(LANGUAGES):
        address = f"{why}?lang={lang}"
        driver.get(address)
        buttons = [b.text for b in driver.find_elements(By.CSS_SELECTOR, ".controls form button")]
        things = [t.text for t in driver.find_elements(By.CSS_SELECTOR, ".controls .sentence")]
        assert len(buttons) == len(things) >= 6, buttons
        for place, (button, thing) in enumerate(zip(buttons, things)):
            scheme, size = SCHEMES[(place + turn) % 2], list(SIZES)[(place // 2) % 2]
            session.look(size, scheme)
            driver.get(address)
            found = driver.find_elements(By.CSS_SELECTOR, ".controls form button")[place]
            # A browser may give a space that does not break as any other.
            name = " ".join(found.accessible_name.split())
            assert found.text == button and name == " ".join(f"{button} {thing}".split()), name
            session.follow(found)
            assert "/choices/" in driver.current_url, driver.current_url
            receipt = driver.current_url
            body = driver.find_element(By.TAG_NAME, "body").text
            assert thing in body and button in body, body
            session.accessible(f"receipt of {button} {thing}")
            session.picture(f"receipt-{lang}-{place}-{size}-{scheme}")
            driver.refresh()
            assert driver.current_url == receipt, "a reload shows the receipt again and sends nothing"
            session.follow(driver.find_element(By.CSS_SELECTOR, "main > p > a[href*='/why/']"))
            assert driver.current_url == address
            assert len(driver.find_elements(By.CSS_SELECTOR, ".chosen")) == 1, "the page says what was chosen"
            if place == 0:
                session.accessible("reasons with a choice")
                session.picture(f"why-chosen-{lang}-{size}-{scheme}")
            driver.get(receipt)
            session.follow(driver.find_element(By.CSS_SELECTOR, ".undo button"))
            assert driver.current_url != receipt and "/choices/" in driver.current_url
            session.accessible(f"receipt of taking back {button} {thing}")
            session.picture(f"undone-{lang}-{place}-{size}-{scheme}")
            driver.get(receipt)
            assert driver.find_elements(By.CSS_SELECTOR, ".note"), "an old receipt says that it does not hold"
            driver.get(address)
            assert not driver.find_elements(By.CSS_SELECTOR, ".chosen"), "taken back, nothing is chosen"
            pressed.append(thing)
    print(f"controls: {len(pressed)} pressed, each with a receipt, and taken back")


def every_section_leads_on_and_back(session, limpid, token):
    driver = session.driver
    for lang in LANGUAGES:
        session.look("wide", "light")
        address = f"{limpid}/why/{token}?lang={lang}"
        driver.get(address)
        names = [o.get_attribute("value") for o in driver.find_elements(By.CSS_SELECTOR, "#other option")]
        assert len(names) > 1
        for name in (names[-1], names[1]):
            driver.get(address)
            driver.find_element(By.CSS_SELECTOR, f"#other option[value='{name}']").click()
            session.follow(driver.find_element(By.CSS_SELECTOR, ".pick button"))
            assert f"other={name}" in driver.current_url and driver.current_url.endswith("#contrast")
            assert driver.find_element(By.CSS_SELECTOR, "#other option:checked").get_attribute("value") == name
            assert driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == lang
        session.accessible("compared with another ad")
        session.picture(f"why-compared-{lang}")
        driver.get(address)
        session.follow(driver.find_element(By.CSS_SELECTOR, "section a[href*='/changes']"))
        ones = [one.get_attribute("href") for one in driver.find_elements(By.CSS_SELECTOR, ".links a")]
        assert ones, "some datum can be tried"
        for place, one in enumerate(ones[:6]):
            session.follow(driver.find_element(By.CSS_SELECTOR, f".links li:nth-child({place + 1}) a"))
            assert driver.current_url == one and driver.find_element(By.CSS_SELECTOR, "p.answer").text
            if place == 0:
                session.accessible("without one datum")
                session.picture(f"what-if-{lang}")
            session.follow(driver.find_element(By.CSS_SELECTOR, "main a[href*='/changes']"))
        session.follow(driver.find_element(By.CSS_SELECTOR, "main a.button"))
        assert driver.current_url == address
    print("sections: other ads compared, changes found, data tried one at a time, and back")


def what_is_said_is_kept_and_questions_are_followed(session, limpid, token):
    """Presses all feedback, asks a question about each topic, and follows one of them."""
    driver = session.driver
    for turn, lang in enumerate(LANGUAGES):
        session.look(list(SIZES)[turn % 2], SCHEMES[turn % 2])
        address = f"{limpid}/why/{token}?lang={lang}"
        driver.get(address)
        presses = [press.text for press in driver.find_elements(By.CSS_SELECTOR, ".presses button")]
        assert len(presses) == 4, presses
        for place in range(len(presses)):
            session.follow(driver.find_elements(By.CSS_SELECTOR, ".presses button")[place])
            assert "/feedback?" in driver.current_url, driver.current_url
            if place == 0:
                session.accessible("thanks")
                session.picture(f"thanks-{lang}")
            session.follow(driver.find_element(By.CSS_SELECTOR, "main a.button"))
            assert driver.current_url == address
        topics = [option.text for option in driver.find_elements(By.CSS_SELECTOR, "#topic option")]
        for place in range(len(topics))[turn * 3 : turn * 3 + 3]:
            driver.find_elements(By.CSS_SELECTOR, "#topic option")[place].click()
            driver.find_element(By.ID, "text").send_keys(f"{topics[place]} <b>?</b>")
            session.follow(driver.find_element(By.ID, "ask"))
            assert "/concerns/" in driver.current_url, driver.current_url
            asked, body = driver.current_url, driver.find_element(By.TAG_NAME, "body").text
            assert f"{topics[place]} <b>?</b>" in body, body
            driver.refresh()
            assert driver.current_url == asked, "a reload asks nothing again"
            if place % 3 == 0:
                session.accessible("question")
                session.picture(f"question-{lang}")
            session.follow(driver.find_element(By.CSS_SELECTOR, "main a.button"))
            links = [link.get_attribute("href") for link in driver.find_elements(By.CSS_SELECTOR, ".links a")]
            assert asked in links, "the page of reasons leads to the question"
        session.accessible("reasons with questions")
        session.picture(f"why-questions-{lang}")
    print("said: all feedback pressed, each topic asked about, and followed")


def by_keyboard_alone(session, limpid, token):
    driver = session.driver
    session.look("narrow", "dark")
    address = f"{limpid}/why/{token}?lang=en"
    driver.get(address)
    first = driver.find_element(By.CSS_SELECTOR, ".controls form button").accessible_name
    session.tab_to("button", first, session.focused)
    session.keys(Keys.ENTER)
    session.until(lambda d: "/choices/" in d.current_url and d.find_elements(By.CSS_SELECTOR, ".undo button"))
    undo = driver.find_element(By.CSS_SELECTOR, ".undo button").accessible_name
    session.tab_to("button", undo, session.focused)
    session.keys(Keys.SPACE)
    session.until(lambda d: [b.accessible_name for b in d.find_elements(By.CSS_SELECTOR, ".undo button")] == [first])
    session.tab_to("link", "Back to the reasons for your ad", session.focused)
    session.keys(Keys.ENTER)
    session.until(lambda d: d.current_url == address)
    assert not driver.find_elements(By.CSS_SELECTOR, ".chosen")
    session.tab_to("combobox", "Compare with", session.focused)
    session.keys(Keys.ARROW_DOWN, Keys.TAB, Keys.ENTER)
    session.until(lambda d: "other=" in d.current_url)
    session.tab_to("link", "See what would have changed it", session.focused)
    session.keys(Keys.ENTER)
    session.until(lambda d: "/changes" in d.current_url)
    session.tab_to("link", "Back to the reasons for your ad", session.focused)
    session.keys(Keys.ENTER)
    session.until(lambda d: d.current_url == address)
    print("keyboard: a choice made and taken back, ads compared, changes sought, without a pointer")


def pages_lead_to_each_other(session, limpid, tokens):
    session.look("wide", "light")
    session.driver.get(f"{limpid}/why/{tokens[0]}?lang=fr")
    session.follow(session.driver.find_element(By.CSS_SELECTOR, "footer a[href*='how-it-works']"))
    assert session.driver.find_element(By.TAG_NAME, "html").get_attribute("lang") == "fr"
    assert "1\u202f000" in session.driver.find_element(By.TAG_NAME, "body").text, "the example counts out of 1 000"
    session.follow(session.driver.find_element(By.CSS_SELECTOR, "header a[href*='/why/']"))
    assert session.driver.current_url == f"{limpid}/why/{tokens[0]}?lang=fr"
    print("pages: from the reasons to how it works and back")


def widget_by_keyboard(session, allowed, limpid, token):
    words = {"en": ("Why this ad?", "Close"), "fr": ("Pourquoi cette publicité\u202f?", "Fermer")}
    for lang, (opening, closing) in words.items():
        for scheme in SCHEMES:
            for size in SIZES:
                for key in (Keys.ENTER, Keys.SPACE):
                    session.look(size, scheme)
                    session.driver.get(f"{allowed}/{lang}")
                    session.until(lambda _: session.nodes("dialog"))
                    assert not session.nodes("iframe"), "nothing is loaded before it is asked for"
                    session.keys(Keys.TAB)
                    assert session.focused() == ("button", opening), session.focused()
                    session.accessible(f"site in {lang}")
                    session.keys(key)
                    session.until(lambda _: session.is_open())
                    assert session.focused() == ("button", closing), session.focused()
                    assert session.frame_address() == f"{limpid}/why/{token}?lang={lang}&embed=1"
                    session.until(lambda _: session.in_frame())
                    session.accessible(f"open widget in {lang}")
                    name = {Keys.ENTER: "widget", Keys.SPACE: None}[key]
                    if name:
                        session.picture(f"{name}-{lang}-{size}-{scheme}", whole=False)
                    session.keys(Keys.ESCAPE)
                    session.until(lambda _: not session.is_open())
                    # What was closed is let go of a moment later.
                    session.until(lambda _: not session.nodes("iframe"))
                    assert session.focused() == ("button", opening), "the focus returns"
    print("widget: opens by Enter and by Space, closes by Escape, gives the focus back; no violation")


def the_page_in_the_frame_closes_it(session, site, lang="en", closing="Close"):
    """Escape stays in the frame, so the page there has a link that closes; controls work in the frame as well."""
    session.look("wide", "light")
    session.driver.get(f"{site}/{lang}")
    session.until(lambda _: session.nodes("dialog"))
    session.keys(Keys.TAB, Keys.ENTER)
    session.until(lambda _: session.in_frame())
    button = "Hide these ads"
    for _ in range(150):
        session.keys(Keys.TAB)
        if (focus := session.focused_in_frame()) and focus[0] == "button" and focus[1].startswith(button):
            break
    else:
        raise AssertionError("no control is reached in the frame")
    session.keys(Keys.ENTER)
    session.until(lambda _: "Your choice is kept" in session.in_frame())
    session.picture("widget-receipt", whole=False)
    session.until(lambda _: session.is_open())
    undo = None
    for _ in range(150):
        session.keys(Keys.TAB)
        if (undo := session.focused_in_frame()) and undo[1].startswith("Show these ads again"):
            break
    assert undo, "the receipt in the frame has a button that takes it back"
    session.keys(Keys.ENTER)
    session.until(lambda _: "Show these ads again" in session.in_frame() and "You can take this back" in session.in_frame())
    session.tab_to("link", closing, session.focused_in_frame)
    session.keys(Keys.ENTER)
    session.until(lambda _: not session.is_open())
    session.until(lambda _: not session.nodes("iframe"))
    assert session.focused() == ("button", "Why this ad?"), session.focused()


def focus_stays_in_the_dialog(session, allowed):
    session.driver.get(f"{allowed}/en")
    session.until(lambda _: session.nodes("dialog"))
    session.keys(Keys.TAB, Keys.ENTER)
    session.until(lambda _: session.is_open() and session.in_frame())
    for _ in range(60):
        session.keys(Keys.TAB)
        assert session.driver.execute_script("return document.activeElement.id") != "after", "the page behind is reached"
    session.driver.execute_script("document.querySelector('limpid-why').setAttribute('lang', 'fr')")
    session.until(lambda _: not session.nodes("iframe"))
    session.keys(Keys.TAB)
    print("widget: the page behind is out of reach while it is open")


HOSTILE = """<script>
window.tries = {};
const attempt = (name, what) => { try { tries[name] = String(what()); } catch (error) { tries[name] = "!" + error.name; } };
const attach = Element.prototype.attachShadow;
Element.prototype.attachShadow = function (options) { return window.stolen = attach.call(this, { ...options, mode: "open" }); };
window.attack = async (address) => {
  const frame = window.stolen.querySelector("iframe");
  attempt("document", () => frame.contentDocument);
  attempt("body", () => frame.contentWindow.document.body.innerText);
  attempt("address", () => frame.contentWindow.location.href);
  attempt("press", () => frame.contentWindow.document.querySelector("a, button").click());
  attempt("find", () => frame.contentWindow.find("because"));
  attempt("name", () => frame.contentWindow.name);
  try { tries.fetch = await (await fetch(address)).text(); } catch (error) { tries.fetch = "!" + error.name; }
  tries.opaque = (await fetch(address, { mode: "no-cors" })).type;
  const form = { method: "POST", mode: "no-cors", credentials: "include", body: new URLSearchParams(window.choice) };
  const choices = address.replace(/[?].*/, "/choices");
  tries.post = (await fetch(choices, form).catch((error) => ({ type: "!" + error.name }))).type;
  navigator.sendBeacon(choices, new URLSearchParams(window.choice));
  try { tries.cors = await (await fetch(choices, { ...form, mode: "cors" })).text(); }
  catch (error) { tries.cors = "!" + error.name; }
  const synthetic = new KeyboardEvent("keydown", { key: "Enter", bubbles: true });
  frame.dispatchEvent(synthetic);
  tries.text = document.documentElement.innerText + window.stolen.textContent + document.documentElement.outerHTML;
  return tries;
};
</script>"""


def hostile_script_learns_nothing(session, allowed, limpid, token):
    address = f"{limpid}/why/{token}?lang=en&embed=1"
    with urllib.request.urlopen(address) as page:
        headline = re.search(r"<h1>(.*?)</h1>", page.read().decode())[1]
    session.look("wide", "light")
    session.driver.get(f"{allowed}/hostile")
    session.until(lambda _: session.nodes("dialog"))
    session.keys(Keys.TAB, Keys.ENTER)
    session.until(lambda _: session.in_frame())
    session.driver.execute_script("window.choice = arguments[0]", STOP)
    tries = session.driver.execute_script("return attack(arguments[0])", address)
    assert tries.pop("post") == "opaque"
    assert tries.pop("document") == "null", "the frame has no document for the page around it"
    assert tries.pop("opaque") == "opaque"
    text = tries.pop("text")
    assert headline not in text and "Why this ad?" in text, "nothing of the explanation is in the page"
    for name, outcome in tries.items():
        assert outcome.startswith(("!SecurityError", "!TypeError")), f"{name}: {outcome}"
    assert session.frame_address() == address and headline in session.in_frame()
    nothing_is_chosen(limpid, token)
    # Forms that the site writes itself: into a frame of its own, into a window, and instead of its own page.
    write_form = """
      const [action, fields, target] = arguments;
      const form = Object.assign(document.createElement("form"), { method: "POST", action, target });
      for (const [name, value] of Object.entries(fields)) {
        form.append(Object.assign(document.createElement("input"), { type: "hidden", name, value }));
      }
      if (target === "own") document.body.append(Object.assign(document.createElement("iframe"), { name: target }));
      document.body.append(form);
      form.submit();"""
    refused = "This did not come from our page"

    def refuses(driver):
        return refused in driver.find_element(By.TAG_NAME, "body").text

    (site,) = session.driver.window_handles
    for target in ("own", "elsewhere", "_self"):
        session.driver.execute_script(write_form, f"{limpid}/why/{token}/choices?lang=en", STOP, target)
        if target == "own":
            session.until(lambda _: any(refused in session.text_of(frame) for frame in session.nodes("iframe")))
        elif target == "elsewhere":
            session.until(lambda driver: len(driver.window_handles) == 2)
            (opened,) = set(session.driver.window_handles) - {site}
            session.driver.switch_to.window(opened)
            session.until(refuses)
            session.driver.close()
            # Behind another window a page is not drawn, and has no picture.
            session.driver.switch_to.window(site)
        else:
            session.until(refuses)
            session.picture("problem-elsewhere")
        nothing_is_chosen(limpid, token)
    assert session.driver.window_handles == [site]
    print(f"hostile script on {allowed}: {len(tries) + 8} ways tried, none tells or presses anything")


# What a hostile site would have the person say.
STOP = {"change": "hostile-1", "say": "object", "about": "everything", "name": ""}


def nothing_is_chosen(limpid, token):
    with urllib.request.urlopen(f"{limpid}/why/{token}?lang=en") as page:
        assert 'class="chosen"' not in page.read().decode(), "a site chose for the person"


def only_allowed_sites_frame(session, other, limpid, token):
    session.driver.get(f"{other}/en")
    session.until(lambda _: session.nodes("dialog"))
    session.keys(Keys.TAB, Keys.ENTER)
    session.until(lambda _: any("frame-ancestors" in entry["message"] for entry in session.driver.get_log("browser")))
    assert "Source:" not in session.in_frame(), "a site that is not named shows the page"
    for path in (f"/why/{token}", "/how-it-works", "/why/forged"):
        with contextlib.suppress(urllib.error.HTTPError):
            with urllib.request.urlopen(limpid + path) as page:
                assert "frame-ancestors http://127.0.0.1" in page.headers["content-security-policy"]
    print("framing: refused to a site that is not named")


def bad_sources_stay_links(session, allowed):
    session.driver.get(f"{allowed}/bad")
    session.until(lambda driver: driver.execute_script("return !!customElements.get('limpid-why')"))
    assert not session.nodes("dialog"), "an address that cannot be trusted makes no button"
    links = session.driver.find_elements(By.CSS_SELECTOR, "limpid-why > a")
    assert len(links) == 5 and all(link.is_displayed() for link in links)
    print("widget: with an address or token that cannot be right it stays a link")


def a_strict_site_needs_nothing_more(session, allowed):
    session.driver.get(f"{allowed}/strict")
    session.until(lambda _: session.nodes("dialog"))
    session.keys(Keys.TAB, Keys.ENTER)
    session.until(lambda _: session.in_frame())
    refused = [entry["message"] for entry in session.driver.get_log("browser") if "favicon" not in entry["message"]]
    assert not refused, refused
    print("widget: works under a policy that allows Limpid's script and frame, and nothing else")


def right_to_left(session, allowed):
    session.look("narrow", "light")
    session.driver.get(f"{allowed}/rtl")
    session.until(lambda _: session.nodes("dialog"))
    session.keys(Keys.TAB, Keys.ENTER)
    session.until(lambda _: session.in_frame())
    session.picture("widget-rtl-narrow", whole=False)
    print("widget: drawn from right to left")


def without_script_there_is_a_link(allowed, limpid, token):
    driver = browser(javascript=False)
    try:
        driver.get(f"{allowed}/en")
        link = driver.find_element(By.CSS_SELECTOR, "limpid-why > a")
        assert link.is_displayed() and link.get_attribute("href") == f"{limpid}/why/{token}"
        link.click()
        assert driver.find_element(By.TAG_NAME, "h1").text
        assert driver.current_url.startswith(limpid)
    finally:
        driver.quit()
    print("without script: a link, and it leads to the page")


def main(binary):
    pages, others = {}, {}
    with (
        sites(pages) as allowed,
        sites(pages, "localhost") as far,
        sites(others) as other,
        demo(binary, allowed, far) as (limpid, tokens),
    ):
        token = tokens[0]
        pages["limpid"] = limpid
        for lang in LANGUAGES:
            pages[f"/{lang}"] = others[f"/{lang}"] = shop(limpid, element(limpid, token, lang), lang)
        pages["/hostile"] = shop(limpid, element(limpid, token, "en"), script=HOSTILE)
        pages["/strict"] = shop(limpid, element(limpid, token, "en"))
        pages["/rtl"] = shop(limpid, element(limpid, token, "en")).replace("<html", '<html dir="rtl"')
        bad = [("http://limpid.example", token), ("javascript:alert(1)", token), ("", token), ("//evil", token)]
        bad = [element(source, "x", "en").replace('token="x"', f'token="{t}"') for source, t in bad]
        pages["/bad"] = shop(limpid, "".join(bad) + element(limpid, "../x", "en"))
        driver = browser()
        try:
            session = Session(driver)
            pages_are_accessible(session, limpid, tokens)
            pages_lead_to_each_other(session, limpid, tokens)
            nothing_is_wider_than_the_screen(session, limpid, token)
            every_control_gives_a_receipt_and_is_taken_back(session, limpid, token)
            every_section_leads_on_and_back(session, limpid, tokens[1])
            what_is_said_is_kept_and_questions_are_followed(session, limpid, tokens[2])
            by_keyboard_alone(session, limpid, tokens[1])
            widget_by_keyboard(session, allowed, limpid, token)
            focus_stays_in_the_dialog(session, allowed)
            for site in (allowed, far):
                the_page_in_the_frame_closes_it(session, site)
                hostile_script_learns_nothing(session, site, limpid, token)
            print("widget: a choice made and taken back in the frame, which its own page closes; on another site too")
            only_allowed_sites_frame(session, other, limpid, token)
            bad_sources_stay_links(session, allowed)
            a_strict_site_needs_nothing_more(session, allowed)
            right_to_left(session, allowed)
        finally:
            driver.quit()
        without_script_there_is_a_link(allowed, limpid, token)
    print(f"browser: all passed; pictures in {PICTURES.relative_to(ROOT)}")


if __name__ == "__main__":
    if len(sys.argv) != 2:
        raise SystemExit(__doc__)
    main(sys.argv[1])
