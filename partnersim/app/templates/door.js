/* Which room this tab is in. The key to it is kept in the tab and told when the page connects: no
   address has it, so that nobody reads it from the projector, and no link can bring one. */
window.door = (() => {
  const FULL = 4503; /* as in guard.py */
  const is_projector = window.location.pathname === "/";
  let told = null;

  function stored(method, name, ...value) {
    try {
      return sessionStorage[method](`partnersim ${name}`, ...value);
    } catch (error) {
      return null; /* A tab that may not store goes on without. */
    }
  }

  function forget() {
    ["room", "state", "back"].forEach((name) => stored("removeItem", name));
  }

  /* Notes are in the room of the page that opened them, also when that goes to another. */
  function opener_key() {
    try {
      return (!is_projector && window.opener && window.opener.door.key()) || null;
    } catch (error) {
      return null; /* It shows something else by now. */
    }
  }

  function key() {
    return opener_key() || stored("getItem", "room");
  }

  function show_address(search) {
    if (search !== window.location.search) {
      history.replaceState(null, "", window.location.pathname + search);
    }
  }

  /* Of an address no more than a link is heeded; it opens a room of its own. */
  const link = new URLSearchParams(window.location.search).get("s");
  const is_back = stored("getItem", "back");
  stored("removeItem", "back");
  if (link !== null) forget();
  if (link !== null) show_address(`?${new URLSearchParams({ s: link })}`);
  else show_address(is_back ? "?back=1" : "");

  window.WebSocket = class extends WebSocket {
    constructor(url, ...more) {
      told = key();
      const address = new URL(url);
      if (told) address.searchParams.set("room", told);
      super(address, ...more);
      this.addEventListener("close", (event) => {
        if (event.code === FULL) window.location.replace(`/full${window.location.search}`);
      });
    }
  };

  if (!is_projector) {
    setInterval(() => {
      const now = opener_key();
      if (now && now !== told) window.location.reload();
    }, 1000);
  }

  return {
    key,
    forget,
    /* What was done in the room, as text for a link; also after its server was started again. */
    kept: () => stored("getItem", "state"),
    keep(room, state) {
      stored("setItem", "room", room);
      stored("setItem", "state", state);
      show_address("");
    },
    /* Load this page again, one step back: it could not be drawn as things stood. */
    go_back() {
      stored("setItem", "back", "1");
      window.location.reload();
    },
  };
})();
