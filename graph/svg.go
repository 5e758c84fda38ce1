package graph

import (
	"cmp"
	"fmt"
	"html"
	"slices"
	"strings"

	"github.com/gobelin-dev/gobelin/internal/cells"
)

// Sizes in the drawing, in pixels.
const (
	char      = 7.3 // the width of a character of text of 12 pixels
	titleRow  = 34
	portRow   = 18
	firstPort = 24 // below the top of a box; ways come in above it
	entry     = 10
	gap       = 26 // between boxes
	laneWidth = 12
	margin    = 16
	stub      = 22 // between a box and the first lane

	maxLanes = 40 // ways beyond share the last one
	maxBox   = 46 // characters
	maxLabel = 100
)

// style has no variables: not every viewer knows them.
var style = "<style>\n.g{font:12px ui-monospace,SFMono-Regular,Menlo,Consolas,monospace} .g .title,.g .id{font-weight:600}\n" +
	".g path{fill:none;stroke-width:1.3} .g .far path,.g .again path{stroke-dasharray:4 3} .g path.head,.g .dot{stroke:none}\n" +
	".g path.lead{stroke-width:.6;stroke-dasharray:1 3} .g .area{stroke-opacity:.4}\n" +
	colors("#1f2328", "#59636e", "#818b98", "#f6f8fa", "#ffffff", "#c4231c", "#0a6ab6") +
	"@media (prefers-color-scheme:dark){\n" +
	colors("#e6edf3", "#9198a1", "#7d8590", "#212830", "#151b23", "#ff7b72", "#6cb6ff") + "}\n</style>\n"

func colors(ink, dim, line, box, area, bad, far string) string {
	return strings.NewReplacer("ink", ink, "dim;", dim+";", "line", line, "boxed", box, "ground", area, "bad", bad, "away", far).Replace(
		`.g text,.g .dot{fill:ink} .g .dim{fill:dim;} .g .area{fill:ground;stroke:line} .g .box{fill:boxed;stroke:line}
.g path{stroke:line} .g .end{fill:ground;stroke:line} .g .end+.dot,.g path.head{fill:line}
.g .failed path,.g .failed .end{stroke:bad} .g .failed .end+.dot,.g .failed path.head{fill:bad}
.g .far path{stroke:away} .g .far path.head{fill:away} .g path.head,.g .dot{stroke:none}
`)
}

// SVG returns the graph as a drawing that is complete in itself: a column of steps for each
// workflow, ways to other places at the right of it with what takes them, calls of
// workflows at the left. It follows the reader's choice of light or dark. Steps and
// ways have the attributes data-workflow, data-step and data-action.
func (g *Graph) SVG() string {
	d := newDrawing(g)
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" class="g" role="img" viewBox="0 0 %d %d" width="%[1]d" height="%d"`+
		` aria-label="%s">`+"\n", d.width, d.height, attribute("Control flow of "+g.Title))
	b.WriteString(style)
	for i, w := range g.Workflows {
		d.workflow(&b, i, w)
	}
	d.calls(&b)
	return b.String() + "</svg>\n"
}

// drawing is where everything is.
type drawing struct {
	g             *Graph
	width, height int
	left, right   int // the edges of boxes
	labels        int // where the texts of ways begin
	places        []area
	lanes, far    map[target]int // the lane of the ways that lead to a place, at the right and at the left
}

type area struct {
	top, bottom int
	boxes       []box
}

type box struct {
	top, height int
	ports       []*Way // those that are more than a line to the next step
}

// target is a place that ways lead to: a step, or -1 for the workflow itself.
type target struct{ workflow, step int }

func newDrawing(g *Graph) *drawing {
	d := &drawing{g: g}
	widest, longest, y := 20, 0, margin
	for _, w := range g.Workflows {
		widest = max(widest, min(length(w.title())+4, maxBox))
		a := area{top: y}
		y += titleRow + gap
		ports := make([][]*Way, len(w.Steps))
		for _, way := range w.Ways {
			if way.Action != "" || way.Kind == "goto" || way.Kind == "retry" {
				ports[way.From] = append(ports[way.From], way)
				longest = max(longest, min(length(wayText(g, w, way)), maxLabel))
			}
		}
		for i, s := range w.Steps {
			widest = max(widest, min(length(s.ID), maxBox), min(length(g.text(s)), maxBox))
			b := box{top: y, ports: ports[i], height: max(44, firstPort+portRow*len(ports[i]))}
			a.boxes = append(a.boxes, b)
			y += b.height + gap
		}
		a.bottom = y
		y += margin
		d.places = append(d.places, a)
	}
	calls, ways := d.spans()
	var far, near int
	d.far, far = lanes(calls)
	d.lanes, near = lanes(ways)
	d.left = margin*2 + far*laneWidth
	d.right = d.left + int(float64(widest)*char) + 24
	d.labels = d.right + stub + near*laneWidth + 8
	d.width = d.labels + int(float64(longest)*char) + 2*margin
	d.height = y
	return d
}

// span is how far the ways to a place reach.
type span struct {
	to       target
	from, at int
}

// spans returns the reach of calls, and that of ways.
func (d *drawing) spans() (calls, ways map[target]*span) {
	calls, ways = map[target]*span{}, map[target]*span{}
	reach := func(in map[target]*span, to target, y int) {
		at := d.y(to)
		s := in[to]
		if s == nil {
			s = &span{to, at, at}
			in[to] = s
		}
		s.from, s.at = min(s.from, y), max(s.at, y)
	}
	for i, w := range d.g.Workflows {
		for _, before := range w.DependsOn {
			reach(calls, target{before, -1}, d.y(target{i, -1}))
		}
		for j, s := range w.Steps {
			if s.Calls != nil {
				reach(calls, target{*s.Calls, -1}, d.callY(i, j))
			}
		}
		for j, b := range d.places[i].boxes {
			for k, way := range b.ports {
				if to, ok := way.leadsTo(i); ok {
					reach(ways, to, d.portY(i, j, k))
				}
			}
		}
	}
	return calls, ways
}

// leadsTo returns where the line of a way goes, if it goes anywhere else.
func (w *Way) leadsTo(workflow int) (target, bool) {
	switch {
	case w.Step != nil:
		return target{workflow, *w.Step}, true
	case w.Workflow != nil:
		return target{*w.Workflow, -1}, true
	}
	return target{}, false
}

func (d *drawing) y(at target) int {
	if at.step < 0 {
		return d.places[at.workflow].top + titleRow/2
	}
	return d.places[at.workflow].boxes[at.step].top + entry
}

func (d *drawing) callY(workflow, step int) int {
	b := d.places[workflow].boxes[step]
	return b.top + b.height - 12
}

func (d *drawing) portY(workflow, step, port int) int {
	return d.places[workflow].boxes[step].top + firstPort + port*portRow
}

// lanes gives each place a lane in which no other's ways are where its are, and
// returns how many there are.
func lanes(spans map[target]*span) (map[target]int, int) {
	list := make([]*span, 0, len(spans))
	for _, s := range spans {
		list = append(list, s)
	}
	slices.SortFunc(list, func(a, b *span) int { // short ones are nearest to the boxes
		return cmp.Or(cmp.Compare(a.at-a.from, b.at-b.from), cmp.Compare(a.from, b.from), cmp.Compare(a.to.step, b.to.step))
	})
	var taken [][]*span
	in := map[target]int{}
	for _, s := range list {
		lane := slices.IndexFunc(taken, func(others []*span) bool {
			// The spans of a lane are disjoint and sorted.
			i, _ := slices.BinarySearchFunc(others, s.from-portRow, func(o *span, y int) int { return cmp.Compare(o.at, y) })
			return i == len(others) || others[i].from > s.at+portRow
		})
		switch {
		case lane >= 0:
		case len(taken) < maxLanes:
			lane, taken = len(taken), append(taken, nil)
		default:
			lane = maxLanes - 1
		}
		in[s.to] = lane
		if lane < maxLanes-1 {
			i, _ := slices.BinarySearchFunc(taken[lane], s.from, func(o *span, y int) int { return cmp.Compare(o.at, y) })
			taken[lane] = slices.Insert(taken[lane], i, s)
		}
	}
	return in, len(taken)
}

func (d *drawing) workflow(b *strings.Builder, i int, w *Workflow) {
	a := d.places[i]
	fmt.Fprintf(b, `<rect class="area" x="%d" y="%d" width="%d" height="%d" rx="8"/>`+"\n",
		d.left-margin, a.top, d.width-d.left, a.bottom-a.top)
	fmt.Fprintf(b, `<text class="title" x="%d" y="%d">%s</text>`+"\n", d.left, a.top+titleRow/2+4, short(w.title(), maxBox))
	if len(w.Steps) == 0 {
		return
	}
	center := (d.left + d.right) / 2
	fmt.Fprintf(b, `<circle class="dot" cx="%d" cy="%d" r="5"/>`+"\n", center, a.top+titleRow+5)
	line(b, center, a.top+titleRow+10, a.boxes[0].top)
	for j, s := range w.Steps {
		d.step(b, w, s, a.boxes[j])
	}
	for _, way := range w.Ways {
		from := a.boxes[way.From]
		switch bottom := from.top + from.height; {
		case way.Kind == "next" && *way.Step == way.From+1:
			line(b, center, bottom, a.boxes[*way.Step].top)
		case way.Action == "" && way.Kind == "end":
			line(b, center, bottom, bottom+gap-16)
			end(b, center, bottom+gap-10)
		}
	}
	for j, at := range a.boxes {
		for k, way := range at.ports {
			d.way(b, i, w, way, d.portY(i, j, k))
		}
	}
}

func (d *drawing) step(b *strings.Builder, w *Workflow, s *Step, at box) {
	fmt.Fprintf(b, `<g class="step" data-workflow="%s" data-step="%s"><rect class="box" x="%d" y="%d" width="%d" height="%d" rx="5"/>`,
		attribute(w.ID), attribute(s.ID), d.left, at.top, d.right-d.left, at.height)
	fmt.Fprintf(b, `<text class="id" x="%d" y="%d">%s</text>`, d.left+10, at.top+18, short(s.ID, maxBox))
	fmt.Fprintf(b, `<text class="dim" x="%d" y="%d">%s</text>`, d.left+10, at.top+35, short(d.g.text(s), maxBox))
	tip := s.ID + "\n" + d.g.text(s)
	if len(s.Criteria) > 0 {
		tip += "\nsucceeds if " + strings.Join(s.Criteria, " and ")
	}
	fmt.Fprintf(b, "<title>%s</title></g>\n", escape(tip))
}

// way draws what is at the right of a box.
func (d *drawing) way(b *strings.Builder, i int, w *Workflow, way *Way, y int) {
	class := "way"
	if way.Failed {
		class += " failed"
	}
	if way.Kind == "retry" {
		class += " again"
	}
	fmt.Fprintf(b, `<g class="%s" data-workflow="%s" data-step="%s" data-action="%s">`,
		class, attribute(w.ID), attribute(w.Steps[way.From].ID), attribute(way.Action))
	x := d.right + stub - 8
	if way.Kind == "retry" {
		fmt.Fprintf(b, `<path d="M%d %dc 14 -9 14 13 1 6"/>`, d.right, y-4)
		head(b, d.right, y+2, -1)
	}
	to, leads := way.leadsTo(i)
	switch {
	case leads:
		x = d.right + stub + d.lanes[to]*laneWidth
		fmt.Fprintf(b, `<path d="M%d %dH%dV%dH%d"/>`, d.right, y, x, d.y(to), d.right+6)
		if to.step < 0 {
			fmt.Fprintf(b, `<path d="M%d %dH%d"/>`, d.right+6, d.y(to), d.titleEnd(to.workflow))
			head(b, d.titleEnd(to.workflow), d.y(to), -1)
		} else {
			head(b, d.right, d.y(to), -1)
		}
	case way.Kind == "end":
		fmt.Fprintf(b, `<path d="M%d %dH%d"/>`, d.right, y, x-4)
		end(b, x, y)
		x += 6
	}
	text := wayText(d.g, w, way)
	fmt.Fprintf(b, `<path class="lead" d="M%d %dH%d"/><text class="dim" x="%d" y="%d">%s</text><title>%s</title></g>`+"\n",
		x+2, y, d.labels-4, d.labels, y+4, short(text, maxLabel), escape(text))
}

// calls draws what is at the left.
func (d *drawing) calls(b *strings.Builder) {
	draw := func(what string, to target, x, y int) {
		lane := d.left - margin - 6 - d.far[to]*laneWidth
		fmt.Fprintf(b, `<g class="far"><path d="M%d %dH%dV%dH%d"/>`, x, y, lane, d.y(to), d.left-6)
		head(b, d.left-2, d.y(to), 1)
		fmt.Fprintf(b, "<title>%s</title></g>\n", escape(what))
	}
	for i, w := range d.g.Workflows {
		for _, before := range w.DependsOn {
			other := d.g.Workflows[before].title()
			draw(w.title()+" depends on "+other, target{before, -1}, d.left-margin, d.y(target{i, -1})+8)
		}
		for j, s := range w.Steps {
			if s.Calls != nil {
				draw(s.ID+" calls "+d.g.Workflows[*s.Calls].title(), target{*s.Calls, -1}, d.left, d.callY(i, j))
			}
		}
	}
}

func (d *drawing) titleEnd(workflow int) int {
	return d.left + int(float64(min(length(d.g.Workflows[workflow].title()), maxBox))*char) + 8
}

// wayText is what stands beside a way.
func wayText(g *Graph, w *Workflow, way *Way) string {
	text := way.label()
	switch {
	case way.Kind == "goto" && way.Step != nil:
		text += " → " + w.Steps[*way.Step].ID
	case way.Workflow != nil:
		text += " → workflow " + g.Workflows[*way.Workflow].title()
	case way.Kind == "retry" && way.Step != nil:
		text += ", after " + w.Steps[*way.Step].ID
	case way.Kind == "end":
		text += " → " + endText(way.Failed)
	}
	return text
}

// line draws an arrow downward.
func line(b *strings.Builder, x, from, to int) {
	fmt.Fprintf(b, `<g class="way"><path d="M%d %dV%d"/><path class="head" d="M%d %dl-4 -7h8z"/></g>`+"\n", x, from, to-2, x, to)
}

// head draws the head of an arrow to the right (1) or left (-1).
func head(b *strings.Builder, x, y, direction int) {
	fmt.Fprintf(b, `<path class="head" d="M%d %dl%d -4v8z"/>`, x, y, -7*direction)
}

func end(b *strings.Builder, x, y int) {
	fmt.Fprintf(b, `<circle class="end" cx="%d" cy="%d" r="6"/><circle class="dot" cx="%[1]d" cy="%[2]d" r="3"/>`, x, y)
}

func length(text string) (n int) {
	for _, r := range cells.Printable(text) {
		n += cells.Of(r)
	}
	return n
}

// short returns a text that is at most so many characters wide, escaped.
func short(text string, most int) string {
	if length(text) <= most {
		return escape(text)
	}
	n := 0
	for i, r := range text {
		if n += cells.Of(r); n >= most {
			return escape(text[:i] + "…")
		}
	}
	return escape(text)
}

func escape(text string) string {
	lines := strings.Split(text, "\n")
	for i, l := range lines {
		lines[i] = html.EscapeString(cells.Printable(strings.ToValidUTF8(l, "\uFFFD")))
	}
	return strings.Join(lines, "\n")
}

func attribute(text string) string { return strings.ReplaceAll(escape(text), "\n", " ") }
