// The review screen's own script. Every page works without it; with it, deciding stays in place and keys work.
"use strict";

document.documentElement.classList.add("script");

const find = (what, within = document) => within.querySelector(what);
const every = (what, within = document) => [...within.querySelectorAll(what)];
const bulk = find("#rows");
const told = find("#told");
let panel = null;

// ---- Rows and where we are among them

const rows = () => every("[data-rows] tbody tr[data-key], [data-rows-like]");
const here = () => find(".here");

function goTo(row) {
  if (!row) return;
  here()?.classList.remove("here");
  row.classList.add("here");
  row.scrollIntoView({ block: "nearest" });
  find("a.name, h3 a", row)?.focus({ preventScroll: true });
}

function step(by) {
  const all = rows();
  const at = all.indexOf(here());
  goTo(all[at < 0 ? (by > 0 ? 0 : all.length - 1) : Math.min(all.length - 1, Math.max(0, at + by))]);
}

document.addEventListener("focusin", (event) => {
  const row = event.target.closest("[data-rows] tbody tr[data-key], [data-rows-like]");
  if (row && row !== here()) {
    here()?.classList.remove("here");
    row.classList.add("here");
  }
});

// ---- Telling

let forget = 0;
function tell(text, bad = false) {
  clearTimeout(forget);
  told.textContent = text;
  told.classList.toggle("bad", bad);
  if (!bad) forget = setTimeout(() => { told.textContent = ""; }, 8000);
}

// ---- The fields of a decision: reason and date only where they belong

function fit(fields) {
  const chosen = find("[data-decision]", fields)?.value;
  for (const part of every("[data-only]", fields)) {
    part.hidden = part.dataset.only !== chosen;
    for (const input of every("select, input", part)) input.required = !part.hidden;
  }
}

document.addEventListener("change", (event) => {
  const fields = event.target.closest(".panel, .bulk, form");
  if (event.target.matches("[data-decision]")) fit(fields);
  if (event.target.matches("[data-all]")) for (const tick of ticks()) tick.checked = event.target.checked;
  if (event.target.matches('[data-all], input[name="item"]')) showTicked();
});

// A browser shows a date in the order of its own language: say it in words too.
document.addEventListener("input", (event) => {
  if (!event.target.matches('[name="snooze_until"]')) return;
  const day = event.target.valueAsDate;
  const word = { day: "2-digit", month: "short", year: "numeric", timeZone: "UTC" };
  find("[data-said]", event.target.parentElement).textContent = day ? day.toLocaleDateString("en-GB", word) : "(snooze)";
});

const ticks = () => every('input[name="item"][type="checkbox"]');

function showTicked() {
  const number = ticks().filter((tick) => tick.checked).length;
  bulk?.classList.toggle("open", number > 0);
  const said = find("[data-ticked]");
  if (said) said.textContent = `${number} ${number === 1 ? "row" : "rows"} ticked`;
}

// ---- Sending, and putting what came back into the page

async function send(fields) {
  const body = new URLSearchParams({ form_key: bulk.form_key.value, run: bulk.run.value, part: "1" });
  for (const [name, value] of fields) body.append(name, value);
  try {
    const answer = await fetch("/decide", { method: "POST", body, headers: { Accept: "application/json" } });
    if (answer.redirected || !answer.headers.get("content-type")?.startsWith("application/json"))
      return { told: "The answer was not understood. Load the page again.", parts: {} };
    return { parts: {}, ...(await answer.json()) };
  } catch {
    return { told: "No answer came. Load the page again: it shows whether it was recorded.", parts: {} };
  }
}

// The tabs that a row stands under: those of its items, of which a patient's row has several.
function tabs(row) {
  const items = every(".decision", row).map((item) => item.dataset);
  const isNew = ({ turn, state }) => turn === "todo" && ["new", "returned"].includes(state);
  return new Set([...items.map((item) => item.turn), ...(items.some(isNew) ? ["new"] : [])]);
}

function recount(before, after) {
  const add = (name, by) => {
    const shown = find(`[data-count="${name}"]`);
    if (shown) shown.textContent = (Number(shown.textContent.replaceAll(",", "")) + by).toLocaleString("en");
  };
  for (const name of before) if (!after.has(name)) add(name, -1);
  for (const name of after) if (!before.has(name)) add(name, 1);
}

function place(answer) {
  for (const [key, html] of Object.entries(answer.parts)) {
    const old = document.getElementById(`d-${key}`);
    if (!old) continue;
    const row = old.closest("[data-key]");
    const hadFocus = old.contains(document.activeElement);
    const before = tabs(row);
    const parts = document.createElement("template");
    parts.innerHTML = html;
    for (const part of [...parts.content.children]) document.getElementById(part.id)?.replaceWith(part);
    recount(before, tabs(row));
    const fresh = document.getElementById(`d-${key}`);
    if (hadFocus) find("[data-decide]", fresh)?.focus();
    const latest = fresh.dataset.latest;
    const tick = find('input[name="item"]', row);
    if (tick && row.dataset.key === key) {
      tick.value = `${key}.${latest}`;
      tick.checked &&= answer.refused.includes(key); // what was not taken stays chosen
    }
    row.dataset.turn = find(".decision", row).dataset.turn; // of a patient's row, that of the first item
    row.classList.toggle("just", answer.recorded.includes(key));
    row.classList.toggle("conflict", [...answer.conflicts, ...answer.refused].includes(key));
  }
  showTicked();
  tell(answer.told, !answer.clean);
}

// ---- Deciding in place

function close() {
  const back = panel?.opener;
  panel?.holder.remove();
  panel = null;
  back?.isConnected && back.focus();
}

function open(opener) {
  const template = find("#decide-panel");
  if (!template) return;
  close();
  const key = opener.dataset.decide;
  const holder = document.createElement("div");
  holder.append(template.content.cloneNode(true));
  const cell = document.getElementById(`d-${key}`);
  const row = cell.closest("tr");
  const gap = cell.closest(".gap"); // a patient's row holds several items: stay with the one
  let outer = holder;
  if (gap) gap.after(holder);
  else if (row) {
    outer = document.createElement("tr");
    outer.className = "panel-row";
    const wide = outer.insertCell();
    wide.colSpan = row.cells.length;
    wide.append(holder);
    row.after(outer);
  } else cell.after(holder);
  panel = { key, opener, holder: outer, row: cell.closest("[data-key]") };
  fit(outer);
  outer.scrollIntoView({ block: "nearest" });
  find("[data-decision]", outer).focus();
}

async function save() {
  const mine = panel;
  const { key, holder, row } = mine;
  const inputs = every("select, input, textarea", holder).filter((input) => !input.closest("[hidden]"));
  const missing = inputs.find((input) => !input.checkValidity());
  const problem = find(".problem", holder);
  if (missing) {
    problem.textContent = `${find(`label[for="${missing.id}"]`, holder).firstChild.textContent.trim()} is missing.`;
    missing.focus();
    return;
  }
  const button = find("[data-save]", holder);
  button.disabled = true;
  const latest = document.getElementById(`d-${key}`).dataset.latest;
  const answer = await send([["item", `${key}.${latest}`], ...inputs.map((input) => [input.name, input.value])]);
  button.disabled = false;
  const isHere = panel === mine; // or somebody has gone on to another row while the answer was on its way
  if (!Object.keys(answer.parts).length) {
    if (isHere) problem.textContent = answer.told;
    else tell(answer.told, true);
    return;
  }
  if (isHere) close();
  place(answer);
  const all = rows();
  if (isHere && answer.clean) goTo(all[all.indexOf(row) + 1] ?? row);
}

document.addEventListener("click", async (event) => {
  const on = event.target;
  if (on.closest("[data-help]")) find("#help").showModal();
  if (on.closest("[data-cancel]")) close();
  if (on.closest("[data-save]")) save();
  if (on.closest("[data-print]") && (!find(".pager") || location.search.includes("size=500"))) {
    event.preventDefault(); // all that one page can hold is here
    window.print();
  } else if (on.closest("[data-print]")) sessionStorage.setItem("print", "1");
  if (on.dataset.days) {
    const until = new Date(Date.now() + Number(on.dataset.days) * 864e5);
    const field = find('[name="snooze_until"]', panel.holder);
    field.value = until.toLocaleDateString("sv"); // year, month, day
    field.dispatchEvent(new Event("input", { bubbles: true }));
  }
  const opener = on.closest("[data-decide]");
  if (opener && find("#decide-panel") && !event.ctrlKey && !event.metaKey) {
    event.preventDefault();
    open(opener);
  }
  const undo = on.closest("button.undo");
  if (undo && bulk) {
    event.preventDefault();
    const part = undo.closest(".decision").id;
    const hadFocus = undo === document.activeElement;
    undo.disabled = true; // which takes the focus away
    const answer = await send([["undo", undo.value]]);
    if (Object.keys(answer.parts).length) {
      place(answer);
      if (hadFocus) find("[data-decide]", document.getElementById(part))?.focus();
    } else {
      undo.disabled = false;
      tell(answer.told, true);
    }
  }
});

bulk?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const fields = [...new FormData(bulk)].filter(([name]) => !["form_key", "run", "back"].includes(name));
  const answer = await send(fields);
  if (Object.keys(answer.parts).length) {
    place(answer);
    if (answer.clean) {
      find("[data-decision]", bulk).value = "";
      find("textarea", bulk).value = "";
      fit(bulk);
    }
  } else tell(answer.told, true);
});

// ---- Keys

document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input:not([type=checkbox]), select, textarea");
  if (event.key === "Escape") {
    if (panel) close();
    else if (typing) event.target.blur();
    told.textContent = "";
    return;
  }
  if (panel && event.key === "Enter" && typing && !event.target.matches("textarea")) {
    event.preventDefault();
    save();
    return;
  }
  if (panel && event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
    save();
    return;
  }
  if (typing || event.ctrlKey || event.metaKey || event.altKey || find("dialog[open]")) return;
  const act = {
    j: () => step(1),
    k: () => step(-1),
    Enter: () => !event.target.closest("a, button, summary") && find("a.name", here() ?? document)?.click(),
    d: () => find("[data-decide]", here() ?? rows()[0] ?? document)?.click(),
    x: () => find('input[name="item"]', here() ?? document)?.click(),
    u: () => find("button.undo", here() ?? document)?.click(),
    n: () => find('a[rel="next"]')?.click(),
    p: () => find('a[rel="prev"]')?.click(),
    "/": () => (find("[data-search]") ?? find("#q"))?.focus(),
    "?": () => find("#help")?.showModal(),
  }[event.key];
  if (act) {
    if (event.key !== "Enter") event.preventDefault();
    act();
  }
});

// ---- At the start

for (const fields of every(".bulk, form.card")) fit(fields);
showTicked();
if (sessionStorage.getItem("print") && location.search.includes("size=500")) {
  sessionStorage.removeItem("print");
  window.addEventListener("load", () => window.print());
}
