// Keeps a page current while something happens: steps as they are told, the rest by reading the page again.
"use strict";

const isInUse = (root) =>
  root.querySelector("details[open]") || [...root.querySelectorAll("form input")].some((input) => input.value !== "");

const refreshed = async (root) => {
  if (document.hidden || document.getSelection()?.type === "Range" || isInUse(root)) return root;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return root;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.getElementById("live");
  if (!next) return root;
  if (document.getElementById("live-steps")?.childElementCount && next.querySelector("#live-steps")) {
    document.getElementById("changes")?.replaceWith(next.querySelector("#changes") ?? "");
    return root;  // the steps that were told stay
  }
  const banner = page.querySelector(".banner");
  if (banner) document.querySelector(".banner")?.replaceWith(banner);
  root.replaceWith(next);
  return next;
};

const keepCurrent = (root) => {
  const seconds = Number(root.dataset.refresh);
  if (!seconds) return;
  setTimeout(async () => keepCurrent(await refreshed(root).catch(() => root)), seconds * 1000);
};

const element = (tag, className, text) => {
  const made = document.createElement(tag);
  made.className = className;
  made.textContent = text;
  return made;
};

const minutes = (seconds) => `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")}`;

const watch = (root) => {
  const list = document.getElementById("live-steps");
  if (!root.dataset.watch || !list) return;
  const source = new EventSource(root.dataset.watch);
  let decided = null;
  source.addEventListener("trace", (message) => {
    const event = JSON.parse(message.data);
    if (event.kind === "decision") decided = event;
    if (event.kind !== "effect" && event.kind !== "observation") return;
    const item = element("li", event.kind === "effect" ? "change" : "look", "");
    const step = element("div", "step", "");
    const did = element("p", "did", "");
    did.append(element("strong", "", (event.action?.action_type ?? "malformed action").replaceAll("_", " ")), " ");
    if (event.action?.target_service) did.append(element("code", "", event.action.target_service));
    step.append(did, element("p", "why", decided?.decision?.reason ?? ""));
    const reward = event.reward ?? 0;
    const tone = reward > 0.011 ? "good" : reward < 0 ? "bad" : "quiet";
    item.append(element("span", "clock", minutes(decided?.sim_seconds ?? 0)), step);
    item.append(element("span", `reward ${tone}`, (reward < 0 ? "" : "+") + reward.toFixed(3)));
    list.append(item);
  });
  source.addEventListener("end", () => { source.close(); location.reload(); });
};

const decide = async (form, decision) => {
  const body = {
    name: form.dataset.run, namespace: form.dataset.namespace, step: Number(form.dataset.step),
    decision, reason: form.elements.reason.value,
  };
  const answer = await fetch("/realtime/approve", {
    method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body),
  });
  if (answer.ok) location.reload();
  else throw new Error((await answer.json()).error?.message ?? answer.statusText);
};

// A button has to be pressed: the enter key in the field decides nothing.
document.addEventListener("submit", (event) => { if (event.target.matches("form.decide")) event.preventDefault(); });

document.addEventListener("click", async (event) => {
  const form = event.target.closest("form.decide");
  const decision = event.target.dataset.decision;
  if (!form || !decision) return;
  const told = form.querySelector("[role=alert]");
  try {
    await decide(form, decision);
  } catch (problem) {
    told.textContent = problem.message;
    told.hidden = false;
  }
});

const root = document.getElementById("live");
if (root) { watch(root); keepCurrent(root); }
