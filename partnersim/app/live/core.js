/* The model: WebAssembly in a thread of its own, so that the page does not freeze while it runs.
   What it is run with are bytes that Python wrote, and patches of them. */
"use strict";

/* The thread: it is handed the model once, and then one run of our hundred after another. */
function thread() {
  const bytes = (text) => Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  const [PAGE, TABLE] = [65536, 40]; // bytes of a page of memory, and of a description of an array
  let model; // what the WebAssembly exports
  let at; // where records and results stand in its memory
  let told; // what Python told of sizes, seed and place

  /* Lay out the memory: each record and array at a multiple of 64 bytes, after what the model needs. */
  function layOut() {
    const { sizes, n, months } = told;
    const needed = {
      state: sizes.state, record: sizes.record, root: 16, first: 8, series: 8 * n * (months + 1) * sizes.series,
      seriesTable: TABLE, detailTable: TABLE,
    };
    let end = Number(model.__heap_base.value);
    at = {};
    for (const [name, size] of Object.entries(needed)) {
      at[name] = Math.ceil(end / 64) * 64;
      end = at[name] + size;
    }
    const missing = Math.ceil((end - model.memory.buffer.byteLength) / PAGE);
    if (missing > 0) model.memory.grow(missing);
    new BigUint64Array(model.memory.buffer, at.root, 2).set(told.root.map(BigInt));
    describe(at.seriesTable, at.series, [n, months + 1, sizes.series]);
    describe(at.detailTable, at.series, [n, months + 1, 0]);
  }

  /* Describe an array to the model: its address, and how long its axes are. */
  function describe(place, address, shape) {
    new Uint32Array(model.memory.buffer, place, 1)[0] = address;
    new BigInt64Array(model.memory.buffer, place + 8, 3).set(shape.map(BigInt));
  }

  /* Run our hundred, and return each series that is kept: all months of the first, of the second ... */
  function run(patches) {
    const { sizes, n, months, kept } = told;
    const memory = new Uint8Array(model.memory.buffer);
    memory.fill(0, at.record, at.record + sizes.record);
    for (const [offset, text] of [...told.record, ...patches]) memory.set(bytes(text), at.record + offset);
    model.run_1(at.state, at.record, at.root, at.first, at.seriesTable, at.detailTable);
    const all = new Float64Array(model.memory.buffer, at.series, n * (months + 1) * sizes.series);
    const found = {};
    for (const [name, place] of Object.entries(kept)) {
      found[name] = Float64Array.from({ length: n * (months + 1) }, (_, row) => all[row * sizes.series + place]);
    }
    return found;
  }

  self.onmessage = async ({ data: { number, begin, patches } }) => {
    try {
      if (begin) {
        told = begin;
        model = (await WebAssembly.instantiate(bytes(begin.wasm))).instance.exports;
        layOut();
        self.postMessage({ number });
      } else self.postMessage({ number, found: run(patches) });
    } catch (error) {
      self.postMessage({ number, problem: String(error) });
    }
  };
}

/* The model as the page asks for it: `run(patches)` promises our hundred, by name of series one array
   of months for each partnership. */
function makeCore(told) {
  const source = `"use strict"; (${thread})();`;
  const address = URL.createObjectURL(new Blob([source], { type: "text/javascript" }));
  const worker = new Worker(address);
  const waiting = new Map();
  let last = 0;

  const ask = (message) => new Promise((resolve, reject) => {
    last += 1;
    waiting.set(last, { resolve, reject });
    worker.postMessage({ ...message, number: last });
  });
  worker.onmessage = ({ data: { number, found, problem } }) => {
    const { resolve, reject } = waiting.get(number);
    waiting.delete(number);
    if (problem) reject(new Error(problem));
    else resolve(found);
  };
  worker.onerror = (event) => {
    for (const { reject } of waiting.values()) reject(new Error(event.message || "Worker"));
    waiting.clear();
  };

  const rows = (values) => Array.from(
    { length: told.n }, (_, r) => values.subarray(r * (told.months + 1), (r + 1) * (told.months + 1)));
  const ready = ask({ begin: told });
  return {
    async run(patches) {
      await ready;
      const found = await ask({ patches });
      return Object.fromEntries(Object.entries(found).map(([name, values]) => [name, rows(values)]));
    },
  };
}
