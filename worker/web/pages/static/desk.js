// What is live on the desk's pages: times in the reader's zone, parts that are read again, and keys. Everything else works without it.

const inZone = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "short" });
const inDay = new Intl.DateTimeFormat(undefined, { timeStyle: "medium" });

function showTimes(within) {
  for (const time of within.querySelectorAll("time[datetime]")) {
    const moment = new Date(time.dateTime);
    if (Number.isNaN(moment.getTime()) || time.dateTime.length < 12) continue;
    time.title = time.dateTime;
    const isToday = moment.toDateString() === new Date().toDateString();
    time.textContent = (isToday ? inDay : inZone).format(moment);
  }
}

// Each element with data-live is replaced by its namesake in a fresh copy of this page, unless the reader is using it.
async function readAgain() {
  const parts = [...document.querySelectorAll("[data-live]")];
  if (!parts.length || document.hidden || parts.some((part) => part.contains(document.activeElement))) return;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
  const status = document.getElementById("live");
  if (!answer?.ok) {
    if (status) status.textContent = "The desk does not answer; this is what it said last.";
    return;
  }
  if (status) status.textContent = "";
  const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
  for (const part of parts) {
    const namesake = fresh.getElementById(part.id);
    if (!namesake || namesake.innerHTML === part.dataset.seen) continue;
    const held = new Set([...part.querySelectorAll("[data-id]")].map((row) => row.dataset.id));
    part.dataset.seen = namesake.innerHTML;
    part.replaceChildren(...namesake.childNodes);
    for (const row of part.querySelectorAll("[data-id]")) row.classList.toggle("arrived", !held.has(row.dataset.id));
    showTimes(part);
  }
}

function step(by) {
  const rows = [...document.querySelectorAll(".rows > li, .timeline > li")];
  if (!rows.length) return;
  const now = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[Math.min(rows.length - 1, Math.max(0, now + by))];
  next.querySelector("a, button, input")?.focus();
  next.scrollIntoView({ block: "nearest" });
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, textarea, select")) return;
  const keys = document.getElementById("keys");
  const actions = {
    "/": () => document.getElementById("search")?.focus(),
    j: () => step(1),
    k: () => step(-1),
    "?": () => (keys.open ? keys.close() : keys.showModal()),
  };
  if (actions[event.key]) {
    event.preventDefault();
    actions[event.key]();
  }
});

// A checkbox with data-all ticks those of its form.
document.addEventListener("change", (event) => {
  if (!event.target.matches("[data-all]")) return;
  for (const box of document.querySelectorAll(`input[type="checkbox"][form="${event.target.dataset.all}"]`)) box.checked = event.target.checked;
});

showTimes(document);
setInterval(readAgain, 3000);
