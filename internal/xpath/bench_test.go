package xpath_test

import (
	"strings"
	"testing"

	"github.com/gobelin-dev/gobelin/internal/xpath"
)

// BenchmarkTest has the conditions of a poll and of a list.
func BenchmarkTest(b *testing.B) {
	for name, doc := range map[string]string{
		"small": `<job id="7"><status>ended</status><item n="1">x</item><item n="2">y</item><item n="3">z</item></job>`,
		"large": "<list>" + strings.Repeat(`<item n="1"><name>a name</name><price>4.50</price></item>`, 500) +
			"<status>ended</status></list>",
	} {
		for _, version := range []string{"xpath-10", "xpath-31"} {
			for _, text := range []string{"//status = 'ended'", "count(//item) > 2"} {
				b.Run(name+" "+version+" "+text, func(b *testing.B) {
					e, err := xpath.CompileVersion(text, version)
					if err != nil {
						b.Fatal(err)
					}
					b.ReportAllocs()
					for b.Loop() {
						if ok, err := e.Test(doc); err != nil || !ok {
							b.Fatal(ok, err)
						}
					}
				})
			}
		}
	}
}
