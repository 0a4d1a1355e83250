package sqltext

import (
	"testing"

	"github.com/stretchr/testify/require"
)

func TestRandomRefs(t *testing.T) {
	for _, test := range []struct {
		sql   string
		want  []string // nil: there are calls that cannot be told
		bytes []int
	}{
		{"SELECT 1", []string{}, nil},
		{"SELECT 'random()', x.random, random, \"random\" -- random()", []string{}, nil},
		{"SELECT random(), lower(hex(RandomBlob( 16 )))", []string{"random()", "RandomBlob( 16 )"}, []int{0, 16}},
		{"SELECT abs(random ( /* x */ ) % 10)", []string{"random ( /* x */ )"}, []int{0}},
		{"SELECT \"random\"(), [randomblob](1000)", []string{`"random"()`, "[randomblob](1000)"}, []int{0, 1000}},
		{"SELECT randomblob(1001)", nil, nil},
		{"SELECT randomblob(0)", nil, nil},
		{"SELECT randomblob(-1)", nil, nil},
		{"SELECT randomblob(1+1)", nil, nil},
		{"SELECT randomblob(1e1)", nil, nil},
		{"SELECT randomblob()", nil, nil},
		{"SELECT random(1)", nil, nil},
		{"SELECT random(", nil, nil},
		{"SELECT randomblob(", nil, nil},
	} {
		s := Split(test.sql)[0]
		refs, ok := s.RandomRefs()
		require.Equal(t, test.want != nil, ok, test.sql)
		if !ok {
			continue
		}
		got := []string{}
		var bytes []int
		for _, r := range refs {
			got, bytes = append(got, s.SQL[r.Pos:r.End]), append(bytes, r.Bytes)
		}
		require.Equal(t, test.want, got, test.sql)
		require.Equal(t, test.bytes, bytes, test.sql)
	}
}
