package main

import (
	"fmt"
	"math"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gobelin-dev/gobelin/arazzo"
	"github.com/gobelin-dev/gobelin/runtime"
)

// point is a measured value.
type point struct{ x, y float64 }

// figure is a plot of points with the line of proportional growth, or a level
// one.
type figure struct {
	file, title, x, y string
	level             bool
	points            []point
}

// plot measures how costs grow.
func (s *suite) plot(dir string) {
	check(os.MkdirAll(dir, 0o755))
	for _, f := range []figure{s.growthOfSteps(), s.growthOfParsing(), s.growthOfConcurrency(), s.growthOfBodies()} {
		check(os.WriteFile(filepath.Join(dir, f.file), []byte(f.svg()), 0o644))
	}
}

// spread measures works of growing size in turns, in units of scale.
func (s *suite) spread(scale time.Duration, sizes []int, work func(size int) func()) (points []point) {
	works := make([]func(), len(sizes))
	for i, size := range sizes {
		works[i] = work(size)
	}
	for i, c := range s.compare(works...) {
		points = append(points, point{float64(sizes[i]), float64(c.time) / float64(scale)})
	}
	return points
}

func (s *suite) growthOfSteps() figure {
	response := &runtime.Response{Status: 200, Header: jsonHeader, Body: payload(400)}
	return figure{file: "steps.svg", title: "Time of a run by its steps", x: "steps", y: "ms",
		points: s.spread(time.Millisecond, []int{1, 100, 250, 500, 750, 1000}, func(steps int) func() {
			p := compiled(steps, true)
			return func() { runEngine(p, response) }
		})}
}

func (s *suite) growthOfParsing() figure {
	f := figure{file: "parse.svg", title: "Time to parse a document by its size", x: "KB", y: "ms"}
	steps := []int{5, 100, 250, 500, 750, 1000}
	f.points = s.spread(time.Millisecond, steps, func(steps int) func() {
		text := document(steps, true)
		return func() { must(arazzo.Parse(text)) }
	})
	for i := range f.points {
		f.points[i].x = float64(len(document(steps[i], true))) / 1000
	}
	return f
}

func (s *suite) growthOfConcurrency() figure {
	api := httptest.NewServer(server(payload(400)))
	defer api.Close()
	client := &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 128}}
	defer client.CloseIdleConnections()
	p := compiled(fewSteps, true)
	f := figure{file: "concurrent.svg", title: "Time per run, by how many run at once", x: "runs at once", y: "µs per run", level: true}
	f.points = s.spread(time.Microsecond, []int{2, 16, 32, 64, 96, 128}, func(n int) func() {
		return func() { together(n, func() { runDriver(p, api.URL, client) }) }
	})
	for i := range f.points {
		f.points[i].y /= f.points[i].x
	}
	return f
}

func (s *suite) growthOfBodies() figure {
	p := compiled(fewSteps, true)
	return figure{file: "bodies.svg", title: "Time of a step by the size of its body", x: "KB", y: "µs",
		points: scaled(s.spread(time.Microsecond, []int{1_000, 50_000, 100_000, 200_000, 300_000, 400_000}, func(size int) func() {
			response := &runtime.Response{Status: 200, Header: jsonHeader, Body: payload(size)}
			return func() { runEngine(p, response) }
		}), 1000, fewSteps)}
}

func scaled(points []point, x, y float64) []point {
	for i := range points {
		points[i] = point{points[i].x / x, points[i].y / y}
	}
	return points
}

const width, height, left, bottom, top = 640, 360, 70, 50, 40

// svg draws the figure.
func (f figure) svg() string {
	var right, high float64
	for _, p := range f.points {
		right, high = math.Max(right, p.x), math.Max(high, p.y)
	}
	high *= 1.15
	at := func(p point) (x, y float64) {
		return left + p.x/right*(width-left-20), height - bottom - p.y/high*(height-bottom-top)
	}
	var b strings.Builder
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="sans-serif" font-size="12">`+"\n", width,
		height)
	fmt.Fprintf(&b, `<rect width="%d" height="%d" fill="white"/>`+"\n"+`<text x="%d" y="24" font-size="15">%s</text>`+"\n", width, height,
		left, f.title)
	for i := range 6 {
		part := float64(i) / 5
		x, _ := at(point{right * part, 0})
		_, y := at(point{0, high * part})
		fmt.Fprintf(&b, `<line x1="%d" y1="%.1f" x2="%d" y2="%.1f" stroke="#ddd"/><text x="%d" y="%.1f" text-anchor="end">%s</text>`+"\n",
			left, y, width-20, y, left-6, y+4, label(high*part))
		fmt.Fprintf(&b, `<text x="%.1f" y="%d" text-anchor="middle">%s</text>`+"\n", x, height-bottom+16, label(right*part))
	}
	fmt.Fprintf(&b, `<text x="%d" y="%d" text-anchor="middle">%s</text><text x="8" y="%d">%s</text>`+"\n", (left+width)/2, height-12, f.x,
		top-4, f.y)
	last := f.points[len(f.points)-1]
	from := point{}
	if f.level {
		from.y = last.y
	}
	x1, y1 := at(from)
	x2, y2 := at(last)
	fmt.Fprintf(&b, `<line x1="%.1f" y1="%.1f" x2="%.1f" y2="%.1f" stroke="#999" stroke-dasharray="5 4"/>`+"\n", x1, y1, x2, y2)
	b.WriteString(`<polyline fill="none" stroke="#1667b1" stroke-width="2" points="`)
	for _, p := range f.points {
		x, y := at(p)
		fmt.Fprintf(&b, "%.1f,%.1f ", x, y)
	}
	b.WriteString("\"/>\n")
	for _, p := range f.points {
		x, y := at(p)
		fmt.Fprintf(&b, `<circle cx="%.1f" cy="%.1f" r="4" fill="#1667b1"><title>%s %s: %s %s</title></circle>`+"\n", x, y, label(p.x),
			f.x, label(p.y), f.y)
	}
	return b.String() + "</svg>\n"
}

// label writes a number with a readable number of digits.
func label(v float64) string {
	if v >= 100 || v == math.Trunc(v) {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}
