// Keeps a page current while something happens: steps as they are told, the rest by reading the page again.
"use strict";

const refreshed = async (root) => {
  if (document.hidden || document.getSelection()?.type === "Range") return root;
  const answer = await fetch(location.href, { headers: { Accept: "text/html" } });
  if (!answer.ok) return root;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const next = page.getElementById("live");
  if (!next) return root;
  if (document.getElementById("live-steps")?.childElementCount && next.querySelector("#live-steps")) return root;
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

const root = document.getElementById("live");
if (root) { watch(root); keepCurrent(root); }
