// The page without this script is whole: forms post, links load. With it, what changes is
// fetched anew, logs follow, and what somebody should hear is said. It asks nobody but this
// host, and puts no text into the page as mark-up but what the host's own templates made.
"use strict";

const announce = (text) => {
  const place = document.getElementById("announce");
  if (place && place.textContent !== text) place.textContent = text;
};

// --- What changes: elements with an id and `data-refresh`, in seconds --------------------

const due = new Map();

// Somebody reads or types there: it would be taken away under their hands.
const inUse = (element) =>
  element.contains(document.activeElement) ||
  element.querySelector("details[open]") !== null ||
  (!getSelection().isCollapsed && element.contains(getSelection().anchorNode));

const replace = (fresh) => {
  for (const old of document.querySelectorAll("[data-refresh][id]")) {
    const now = fresh.getElementById(old.id);
    if (!now) { old.removeAttribute("data-refresh"); continue; }
    if (inUse(old) || old.isEqualNode(now)) continue;
    if (now.dataset.tell && now.dataset.tell !== old.dataset.tell) announce(now.dataset.tell);
    old.replaceWith(document.adoptNode(now));
  }
};

let asking = false;
const refresh = async () => {
  if (asking || document.hidden) return;
  const now = Date.now();
  const wanted = [...document.querySelectorAll("[data-refresh][id]")].filter((element) => {
    const last = due.get(element.id) ?? loaded;
    return now - last >= Number(element.dataset.refresh) * 1000;
  });
  if (wanted.length === 0) return;
  asking = true;
  try {
    const address = new URL(location.href);
    address.searchParams.delete("done");
    const answer = await fetch(address, { signal: AbortSignal.timeout(10000) });
    if (answer.redirected) { location.reload(); return; }
    const text = await answer.text();
    if (!answer.ok) throw new Error(answer.statusText);
    replace(new DOMParser().parseFromString(text, "text/html"));
    for (const element of document.querySelectorAll("[data-refresh][id]")) due.set(element.id, now);
    document.documentElement.removeAttribute("data-stale");
  } catch {
    // The next one may be answered again.
    for (const element of wanted) due.set(element.id, now);
    if (!document.documentElement.hasAttribute("data-stale")) announce("The host does not answer.");
    document.documentElement.setAttribute("data-stale", "");
  } finally {
    asking = false;
  }
};
const loaded = Date.now();
setInterval(refresh, 500);

// --- A log that follows ------------------------------------------------------------------

const KEPT = 5000;

const cell = (name, text) => {
  const made = document.createElement("span");
  made.className = name;
  made.textContent = text;
  return made;
};

// As `escape` of the host does: nothing moves, hides or turns what stands beside it.
const unfit = /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;
const shown = (text) => text.replace(unfit, (one) => `\\u{${one.codePointAt(0).toString(16)}}`);

const lineOf = (line) => {
  const mark = { error: ["x", "c-bad"], warn: ["w", "c-lim"] }[line.level] ?? ["", "soft"];
  const row = document.createElement("li");
  if (mark[0]) row.className = mark[0];
  const time = document.createElement("time");
  time.dateTime = line.at;
  time.textContent = new Date(line.at).toISOString().slice(11, 23);
  const when = cell("soft", "");
  when.append(time);
  const text = cell("t g", "");
  text.dir = "auto";
  if (line.target) text.append(cell("soft", `${shown(line.target)}: `));
  text.append(shown(line.message));
  if (line.place) text.append(" ", cell("soft", `(${shown(line.place)})`));
  row.append(when, cell(`lv ${mark[1]}`, line.level), cell("soft", line.source), text);
  return row;
};

const follow = (list) => {
  const status = document.getElementById("log-status");
  const source = new EventSource(list.dataset.follow);
  let count = list.querySelectorAll("li:not(.gap)").length;
  const say = (text) => { status.textContent = text; };
  const lines = () => `${count} line${count === 1 ? "" : "s"}`;
  source.addEventListener("open", () => say(`follows; ${lines()} so far`));
  source.addEventListener("line", (event) => {
    const atEnd = list.scrollHeight - list.scrollTop - list.clientHeight < 40;
    list.append(lineOf(JSON.parse(event.data)));
    count += 1;
    while (list.children.length > KEPT) list.firstElementChild.remove();
    if (atEnd) list.scrollTop = list.scrollHeight;
    say(`follows; ${lines()} so far`);
  });
  source.addEventListener("end", () => {
    source.close();
    say(`complete; ${lines()} here`);
    due.clear();
  });
  source.addEventListener("error", () => {
    if (source.readyState === EventSource.CLOSED) say(`${lines()}; it does not follow any more`);
  });
};

const log = document.querySelector("[data-follow]");
if (log) follow(log);
