// What Bokeh's Python cannot do: the address bar, the clipboard, downloads, keys, names for screen
// readers, and the report that an answer is drawn.  `state` is the page's model.
const on = (name, act) => state.properties[name].change.connect(() => act(state[name]))

// The lines of words are written here: a text of Bokeh's would have the whole page laid out anew.
const lines = {}
const find = (root) => {
  for (const element of root.querySelectorAll("*")) {
    if (element.dataset && element.dataset.line) lines[element.dataset.line] = element
    if (element.shadowRoot) find(element.shadowRoot)
  }
}
const write = (texts) => {
  if (!lines.words) find(document)
  for (const [name, line] of Object.entries(lines)) {
    line.style.display = texts[name] ? "" : "none"
    const text = line.shadowRoot.querySelector("div"), own = texts[name] || ""
    if (text.textContent !== own) text.textContent = own
  }
}

// Changes within a second are one entry of the history; the first query is none of its own.
// The address bar is slow, so it waits until the hand rests.
let last = Date.now(), newest = "", waiting = 0
const enter = () => {
  clearTimeout(waiting)
  if (!state.owns_page || "?" + newest === location.search) return
  const is_same_move = Date.now() - last < 1000
  last = Date.now()
  history[is_same_move ? "replaceState" : "pushState"](null, "", "?" + newest)
}
const enter_soon = (query) => {
  clearTimeout(waiting)
  newest = query
  waiting = setTimeout(enter, 150)
}

// The columns that have changed; their numbers are parts of one array.
const draw = (tables, numbers) => {
  for (const [id, places, others] of tables) {
    const source = state.document.get_model_by_id(id)
    if (!source) continue
    const data = {...source.data, ...others}
    for (const [name, [from, to]] of Object.entries(places)) {
      data[name] = new Float64Array(numbers.buffer, numbers.byteOffset + 8 * from, to - from)
    }
    source.setv({data}, {sync: false})
  }
}

// Sliders and fields of what has changed; Bokeh hears of it later.
const widgets = {}
for (const model of state.document.all_models) {
  if (/^(slider|field) /.test(model.name)) widgets[model.name] = model
}
const set = (options) => {
  for (const [option, [value, word]] of Object.entries(options)) {
    const slider = widgets["slider " + option]
    if (slider) slider.setv({value}, {sync: false})
    widgets["field " + option].setv({value: word}, {sync: false})
  }
}

// One question is on its way at a time.  Meanwhile the newest place of the hand waits; it goes with
// the report that the answer is about to be drawn, so that the next one is computed meanwhile.
let place = null, is_asked = false, patience = 0
const report = (drawn) => {
  clearTimeout(patience)
  is_asked = place !== null
  const moved = place ? [state.moved[0] + 1, ...place] : state.moved
  place = null
  state.setv({drawn, moved})
  if (is_asked) patience = setTimeout(() => report(state.drawn), 300)
}
state.move = ({origin, x, y}) => {
  place = [origin.name, x, y]
  if (!is_asked) report(state.drawn)
}

const hear = ([number, query, texts, options, tables, numbers]) => {
  requestAnimationFrame(() => report(number))
  draw(tables, numbers)
  set(options)
  write(texts)
  enter_soon(query)
}
on("said", hear)
hear(state.said)

if (state.owns_page) {
  addEventListener("popstate", () => { clearTimeout(waiting); state.asked = [state.asked[0] + 1, location.search] })
  on("goes", ([, query]) => location.assign("?" + query))
}

on("copied", ([, text]) => {
  enter()
  navigator.clipboard.writeText(text === "link" ? location.href : text).catch(() => {
    state.failed = [state.failed[0] + 1, text]
  })
})

on("saved", ([, name, kind, base64]) => {
  const bytes = Uint8Array.from(atob(base64), (character) => character.charCodeAt(0))
  const link = document.createElement("a")
  link.href = URL.createObjectURL(new Blob([bytes], {type: kind}))
  link.download = name
  link.click()
  setTimeout(() => URL.revokeObjectURL(link.href), 10000)
})

const ARROWS = {ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]}
document.addEventListener("keydown", (event) => {
  const arrow = ARROWS[event.key]
  if (!arrow || event.ctrlKey || event.altKey || event.metaKey) return
  const path = event.composedPath()
  const host = path.find((element) => element.dataset && element.dataset.doya)
  const field = path[0].tagName
  // In a field the arrows left and right move the cursor; in a list they choose.
  if (!host || field === "SELECT" || (field === "INPUT" && arrow[0] !== 0)) return
  event.preventDefault()
  event.stopPropagation()
  const size = event.shiftKey ? 0.1 : 1
  state.key = [state.key[0] + 1, host.dataset.doya, arrow[0] * size, arrow[1] * size]
}, true)

// The parts that Bokeh hides in shadow roots get the names of their widgets.
const name_parts = (root, label) => {
  for (const element of root.querySelectorAll("*")) {
    const own = (element.dataset && element.dataset.label) || label
    if (own && element.matches("input, select, button, .noUi-handle")) {
      element.setAttribute("aria-label", own)
    }
    if (element.shadowRoot) name_parts(element.shadowRoot, own)
  }
}
for (const delay of [0, 500, 2000]) setTimeout(() => name_parts(document, ""), delay)
state.calm = matchMedia("(prefers-reduced-motion: reduce)").matches
