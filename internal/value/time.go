package value

import "time"

// timeLayout is how a time.Time is written: it sorts as text, SQLite's date
// functions understand it, and it keeps nanoseconds. Always UTC.
const timeLayout = "2006-01-02 15:04:05.999999999+00:00"

// AppendTime appends t as it is bound.
func AppendTime(dst []byte, t time.Time) []byte {
	return t.UTC().AppendFormat(dst, timeLayout)
}

// ParseTimestamp is ParseTime for full timestamps only, date and time to the
// second: text that on Go 1.26 is returned as time.Time when parse_time is on. A
// date alone or a time without seconds is too often something else.
func ParseTimestamp(s []byte) (time.Time, bool) {
	if len(s) < len("2006-01-02 15:04:05") || s[16] != ':' || s[4] != '-' {
		return time.Time{}, false
	}
	return ParseTime(s)
}

// ParseTime understands SQLite's formats with a date: YYYY-MM-DD, optionally
// followed by a space or T and HH:MM, HH:MM:SS or HH:MM:SS.fraction, optionally
// followed by Z, z or ±HH:MM. Without a zone the time is UTC, as SQLite takes
// it. A fraction beyond nanoseconds is refused rather than cut.
func ParseTime[T text](s T) (time.Time, bool) {
	year, ok1 := digits(s, 0, 4)
	month, ok2 := digits(s, 5, 2)
	day, ok3 := digits(s, 8, 2)
	if !ok1 || !ok2 || !ok3 || s[4] != '-' || s[7] != '-' || month < 1 || month > 12 || day < 1 {
		return time.Time{}, false
	}
	if day > daysIn(year, month) {
		return time.Time{}, false
	}
	var hour, minute, second, nano int
	rest := s[10:]
	if len(rest) > 0 {
		var ok bool
		if rest[0] != ' ' && rest[0] != 'T' {
			return time.Time{}, false
		}
		hour, minute, second, nano, rest, ok = clock(rest[1:])
		if !ok {
			return time.Time{}, false
		}
	}
	offset, ok := zone(rest)
	if !ok {
		return time.Time{}, false
	}
	t := time.Date(year, time.Month(month), day, hour, minute, second, nano, time.UTC)
	if offset != 0 {
		t = t.Add(-time.Duration(offset) * time.Minute).In(time.FixedZone("", offset*60))
	}
	return t, true
}

// text is what times are parsed from: bytes as they came, or a string.
type text interface{ string | []byte }

// clock parses HH:MM[:SS[.fraction]] at the start of s.
func clock[T text](s T) (hour, minute, second, nano int, rest T, ok bool) {
	hour, ok1 := digits(s, 0, 2)
	minute, ok2 := digits(s, 3, 2)
	if !ok1 || !ok2 || s[2] != ':' || hour > 23 || minute > 59 {
		return 0, 0, 0, 0, rest, false
	}
	rest = s[5:]
	if len(rest) == 0 || rest[0] != ':' {
		return hour, minute, 0, 0, rest, true
	}
	second, ok = digits(rest, 1, 2)
	if !ok || second > 59 {
		return 0, 0, 0, 0, rest, false
	}
	rest = rest[3:]
	if len(rest) == 0 || rest[0] != '.' {
		return hour, minute, second, 0, rest, true
	}
	n, scale := 1, 100_000_000
	for ; n < len(rest) && '0' <= rest[n] && rest[n] <= '9'; n++ {
		if scale == 0 && rest[n] != '0' {
			return 0, 0, 0, 0, rest, false
		}
		nano += int(rest[n]-'0') * scale
		scale /= 10
	}
	return hour, minute, second, nano, rest[n:], n > 1
}

// zone parses "", Z or ±HH:MM into minutes east of UTC. SQLite allows offsets
// to 14 hours.
func zone[T text](s T) (minutes int, ok bool) {
	switch {
	case len(s) == 0 || len(s) == 1 && s[0]|0x20 == 'z':
		return 0, true
	case len(s) == 6 && (s[0] == '+' || s[0] == '-') && s[3] == ':':
		h, ok1 := digits(s, 1, 2)
		m, ok2 := digits(s, 4, 2)
		if !ok1 || !ok2 || h > 14 || m > 59 {
			return 0, false
		}
		if s[0] == '-' {
			return -(h*60 + m), true
		}
		return h*60 + m, true
	}
	return 0, false
}

func digits[T text](s T, at, n int) (v int, ok bool) {
	if len(s) < at+n {
		return 0, false
	}
	for i := at; i < at+n; i++ {
		if s[i]-'0' > 9 {
			return 0, false
		}
		v = v*10 + int(s[i]-'0')
	}
	return v, true
}

func daysIn(year, month int) int {
	switch month {
	case 2:
		if year%4 == 0 && (year%100 != 0 || year%400 == 0) {
			return 29
		}
		return 28
	case 4, 6, 9, 11:
		return 30
	}
	return 31
}
