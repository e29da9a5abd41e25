"use strict";
(() => {
  const steps = new Map(JSON.parse(document.getElementById("steps").textContent).map((step) => [step.number, step]));
  const order = [...steps.keys()];
  const effects = new Map();
  for (const step of steps.values()) {
    if (step.cause) {
      const [number] = step.cause;
      effects.set(number, [...(effects.get(number) || []), step.number]);
    }
  }
  const panel = document.getElementById("step");
  const sign = (number) => document.getElementById("e" + number);
  let chosen = null;
  // What was last walked to from a step, so that walking there again leads to the next one.
  let walked = null;

  const element = (name, text, ...children) => {
    const made = document.createElement(name);
    if (text) made.textContent = text;
    made.append(...children);
    return made;
  };

  const link = (number) => {
    const step = steps.get(number);
    const made = element("button", number + (step ? " " + step.name : ", which is not drawn"));
    made.type = "button";
    if (step) made.dataset.entry = number;
    return made;
  };

  // The fields of a picture: what stands between commas that are in no brackets.
  const fields = (text) => {
    const found = [];
    let depth = 0;
    let field = "";
    for (const letter of text) {
      if ("([{".includes(letter)) depth += 1;
      if (")]}".includes(letter)) depth -= 1;
      if (letter === "," && depth === 0) {
        found.push(field.trim());
        field = "";
      } else {
        field += letter;
      }
    }
    return [...found, field.trim()].filter((one) => one);
  };

  const look = (look, other) => {
    if (!look) return element("td", "down");
    const same = other && [other[0], ...fields(other[1])];
    const cell = element("td");
    for (const field of [look[0], ...fields(look[1])]) {
      cell.append(element("div", "", !same || same.includes(field) ? field : element("mark", field)));
    }
    return cell;
  };

  const list = (items) => element("ul", "", ...items.map((item) => element("li", "", item)));

  const tell = (step) => {
    const facts = element("dl");
    const fact = (name, ...what) => facts.append(element("dt", name), element("dd", "", ...what));
    fact("What happened", step.given);
    if (step.cause) fact("Possible because of (" + step.cause[1] + ")", link(step.cause[0]));
    if (step.effects) fact("What it did", list(step.effects));
    const next = effects.get(step.number) || [];
    if (next.length) fact("What it made possible", list(next.map(link)));
    panel.replaceChildren(element("h2", step.number + " · " + step.time + " · " + step.place), facts);
    if (step.before || step.after) {
      const head = element("tr", "", element("th", "Before"), element("th", "After"));
      const table = element("table", "", head, element("tr", "", look(step.before, step.after), look(step.after, step.before)));
      table.className = "looks";
      panel.append(table);
    }
  };

  const mark = (number, on) => {
    sign(number).classList.toggle("chosen", on);
    sign(number).setAttribute("tabindex", on ? "0" : "-1");
    sign(number).setAttribute("aria-pressed", String(on));
    for (const sentence of document.querySelectorAll(`.sentences button[data-entry="${number}"]`)) {
      sentence.parentElement.classList.toggle("chosen", on);
    }
    for (const near of document.querySelectorAll(`[data-from="${number}"], [data-to="${number}"]`)) {
      near.classList.toggle("near", on);
    }
  };

  const choose = (number, focus) => {
    if (!steps.has(number)) return;
    if (chosen !== null) mark(chosen, false);
    chosen = number;
    mark(number, true);
    tell(steps.get(number));
    if (focus) sign(number).focus({ preventScroll: true });
    sign(number).scrollIntoView({ block: "nearest", inline: "nearest" });
  };

  const walk = (by, sameLane) => {
    if (chosen === null) return choose(by > 0 ? order[0] : order.at(-1), true);
    const place = steps.get(chosen).place;
    for (let at = order.indexOf(chosen) + by; at >= 0 && at < order.length; at += by) {
      if (!sameLane || steps.get(order[at]).place === place) return choose(order[at], true);
    }
  };

  const back = () => {
    const cause = chosen !== null && steps.get(chosen).cause;
    if (cause && steps.has(cause[0])) {
      walked = { from: cause[0], to: chosen };
      choose(cause[0], true);
    }
  };

  const forth = () => {
    const next = (chosen !== null && effects.get(chosen)) || [];
    if (!next.length) return;
    // Coming back from one of several, the next one is meant.
    const last = walked && walked.from === chosen ? next.indexOf(walked.to) : -1;
    const to = next[(last + 1) % next.length];
    walked = { from: chosen, to };
    choose(to, true);
  };

  const violation = () => {
    const at = document.querySelector(".entry.violates");
    choose(at ? Number(at.dataset.entry) : order.at(-1), true);
  };

  const onlyChain = () => {
    const on = document.body.classList.toggle("only-chain");
    document.getElementById("show-chain").setAttribute("aria-pressed", String(on));
  };

  const keys = {
    ArrowDown: (event) => walk(1, event.shiftKey),
    ArrowUp: (event) => walk(-1, event.shiftKey),
    ArrowLeft: back,
    ArrowRight: forth,
    Home: () => choose(order[0], true),
    End: () => choose(order.at(-1), true),
    Enter: () => panel.focus(),
    Escape: () => chosen !== null && sign(chosen).focus(),
    c: onlyChain,
    v: violation,
  };

  document.addEventListener("keydown", (event) => {
    const act = keys[event.key];
    const own = event.target.closest && event.target.closest("button, summary");
    if (!act || event.ctrlKey || event.altKey || event.metaKey || (own && event.key === "Enter")) return;
    event.preventDefault();
    act(event);
  });
  document.addEventListener("click", (event) => {
    const at = event.target.closest("[data-entry]");
    if (at) choose(Number(at.dataset.entry), true);
  });
  document.getElementById("show-chain").addEventListener("click", onlyChain);
  document.getElementById("go-violation").addEventListener("click", violation);

  for (const entry of document.querySelectorAll(".entry")) {
    const step = steps.get(Number(entry.dataset.entry));
    entry.setAttribute("role", "button");
    entry.setAttribute("tabindex", "-1");
    entry.setAttribute("aria-label", step.number + ", " + step.time + ": " + step.sentence);
  }
  if (order.length) sign(order[0]).setAttribute("tabindex", "0");
})();
