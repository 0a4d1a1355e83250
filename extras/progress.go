package extras

// Phase is a part of an export or import.
type Phase string

const (
	PhaseExport   Phase = "export"   // D1 writes the dump
	PhaseDownload Phase = "download" // bytes are those written
	PhasePrepare  Phase = "prepare"  // the dump is read for its checksum
	PhaseUpload   Phase = "upload"   // bytes are those sent; starts again after a break
	PhaseImport   Phase = "import"   // D1 runs the dump
)

// Progress is how far an export or import has come.
type Progress struct {
	Phase    Phase
	Bytes    int64
	Total    int64    // -1 if not known; the phases of D1 have no bytes, so 0
	Messages []string // the server's log lines since the last call
}

// reporter calls a function that may be nil.
type reporter func(Progress)

func (r reporter) report(p Progress) {
	if r != nil {
		r(p)
	}
}
