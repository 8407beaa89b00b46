// Spares the browser work that Bokeh gives it at each repaint, although nothing has changed.
const figures = [...state.document.all_models].filter((model) => model.type === "Figure")
const figure = figures.map((model) => Bokeh.index.find_one(model)).find((view) => view)

// A style sheet that is written anew, with the same text, has the browser compute all styles.
const sheets = figure && figure.parent_style && figure.parent_style.constructor.prototype
if (sheets && sheets._update) {
  const update = sheets._update
  sheets._update = function (css) { if (this.el.textContent !== css) update.call(this, css) }
}

// Axes are measured, although only what is above them has moved.
const is_moving = (view) => !view._needs_layout && !view._invalidate_all &&
  [...view._invalidated_painters].every((painter) => painter.model.level === "overlay")
if (figure && figure._invalidated_painters) {
  const own = figure.constructor.prototype
  const repaint = own.repaint
  own.repaint = function () { return is_moving(this) ? this.paint() : repaint.call(this) }
}

// What moves is above the axes, where Bokeh lets curves leave the frame.
if (figure && figure._paint_levels) {
  const own = figure.constructor.prototype
  const paint = own._paint_levels
  own._paint_levels = function (context, level, frame, clips) {
    return paint.call(this, context, level, frame, clips || level === "overlay")
  }
}

// Each curve has an empty part of the page, which moves with it.
const curve = figure && figure.computed_renderer_views.find(({model}) => model.type === "GlyphRenderer")
if (curve && curve.update_position) {
  const own = curve.constructor.prototype
  const place = curve.update_position
  const placed = new WeakSet()
  own.update_position = function () {
    if (!placed.has(this)) place.call(this)
    placed.add(this)
  }
}
