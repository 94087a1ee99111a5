/* What the pages of the room share: elements from plain data, and the line to the server.
   Written for the browsers of old phones: no build, nothing that came after 2017. */
"use strict";

/* An element as data: h("p", { class: "quiet" }, "text", h(...)). `html` is markup of our own server. */
function h(tag, about, ...children) {
  return { tag, about: about || {}, children: children.flat ? children.flat(9) : flat(children) };
}

function flat(list) {
  return list.reduce((all, one) => all.concat(Array.isArray(one) ? flat(one) : [one]), []);
}

/* Make the children of a parent what they should be, and keep every element that can stay: what is
   being tapped or typed into is not taken away under the finger. */
function patch(parent, wanted) {
  wanted = wanted.filter((one) => one !== null && one !== undefined && one !== false && one !== "");
  wanted.forEach((one, at) => {
    const there = parent.childNodes[at];
    if (typeof one !== "object") {
      const text = String(one);
      if (there && there.nodeType === 3) {
        if (there.data !== text) there.data = text;
      } else parent.insertBefore(document.createTextNode(text), there || null);
      return;
    }
    const key = one.about.key || "";
    const fits = there && there.nodeType === 1 && there.localName === one.tag && there.key === key;
    const node = fits ? there : document.createElement(one.tag);
    node.key = key;
    if (!fits) {
      parent.insertBefore(node, there || null);
    }
    dress(node, one.about);
    if (one.about.html === undefined) patch(node, one.children);
    else if (node.html !== one.about.html) node.innerHTML = node.html = one.about.html;
  });
  while (parent.childNodes.length > wanted.length) parent.removeChild(parent.lastChild);
}

function dress(node, about) {
  const given = {};
  Object.keys(about).forEach((name) => {
    const value = about[name];
    if (name === "key" || name === "html") return;
    if (name.slice(0, 2) === "on") node[name] = value;
    else if (value !== false && value !== null && value !== undefined) given[name] = value === true ? "" : value;
  });
  Array.from(node.attributes).forEach((one) => {
    if (!(one.name in given) && one.name !== "open") node.removeAttribute(one.name); /* opened by a hand */
  });
  Object.keys(given).forEach((name) => {
    if (node.getAttribute(name) !== String(given[name])) node.setAttribute(name, given[name]);
  });
}

/* Storage that may be forbidden: the page then goes on without. */
function stored(where, method, name, ...value) {
  try {
    return window[where][method](`partnersim ${name}`, ...value);
  } catch (error) {
    return null;
  }
}

function fill(text, values) {
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? values[name] : whole));
}

/* The line to the server. It comes back by itself, at once when a phone wakes up; `hello` is asked
   anew each time. `show` draws the view; `refused` says that there is no way in. */
function connect(path, hello, show, refused) {
  const view = {};
  let socket = null;
  let wait = 250;
  let timer = null;
  let asleep_since = Date.now();
  let is_over = false;

  function open() {
    is_over = false;
    clearTimeout(timer);
    if (socket) socket.onclose = null;
    if (socket) socket.close();
    const scheme = window.location.protocol === "https:" ? "wss" : "ws";
    socket = new WebSocket(`${scheme}://${window.location.host}${path}`);
    socket.onopen = () => socket.send(JSON.stringify(hello()));
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      if (!message.refused) wait = 250;
      say(message.problem || "");
      if (message.refused) {
        socket.onclose = null;
        is_over = true;
        refused(message.refused, message.problem, again);
        return;
      }
      if (message.view) {
        view.shownAt = Date.now();
        Object.assign(view, message.view);
        show(view, message);
      }
    };
    socket.onclose = again;
  }

  function again() {
    is_over = false;
    document.body.classList.add("lost");
    if (wait > 1000) document.getElementById("problem").textContent = LABELS.connecting;
    clearTimeout(timer);
    timer = setTimeout(open, wait);
    wait = Math.min(2 * wait, 3000);
  }

  /* A phone that slept may hold a line that looks open and is dead. */
  document.addEventListener("visibilitychange", () => {
    if (document.hidden) asleep_since = Date.now();
    else if (!is_over && (socket.readyState > 1 || Date.now() - asleep_since > 5000)) open();
  });
  window.addEventListener("online", () => !is_over && socket.readyState > 1 && open());
  open();
  return {
    view,
    open,
    act(message) {
      if (socket && socket.readyState === 1) socket.send(JSON.stringify(message));
    },
  };
}

function say(problem) {
  document.body.classList.remove("lost");
  document.getElementById("problem").textContent = problem;
}

function draw(...children) {
  patch(document.getElementById("page"), flat(children));
}

/* A clock that runs on in the page; the server says only when it is started or stopped. */
function clock(view) {
  const given = view.clock || (view.game && view.game.clock);
  if (!given || given.phase !== "round") return "";
  const gone = given.running ? (Date.now() - view.shownAt) / 1000 : 0;
  const left = Math.max(0, Math.ceil(given.left - gone));
  return `${Math.floor(left / 60)}:${String(left % 60).padStart(2, "0")}`;
}

function tick() {
  if (!page_line) return;
  const node = document.getElementById("clock");
  if (node) node.textContent = clock(page_line.view);
}

let page_line = null; /* set by the script of the page */
setInterval(tick, 250);
