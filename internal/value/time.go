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
func ParseTime(s []byte) (time.Time, bool) {
	if len(s) < len("2006-01-02") || s[4] != '-' || s[7] != '-' {
		return time.Time{}, false
	}
	century, year, month, day := two(s), two(s[2:]), two(s[5:]), two(s[8:])
	if century > 99 || year > 99 || month < 1 || month > 12 || day < 1 {
		return time.Time{}, false
	}
	if year += 100 * century; day > daysIn(year, month) {
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

// clock parses HH:MM[:SS[.fraction]] at the start of s.
func clock(s []byte) (hour, minute, second, nano int, rest []byte, ok bool) {
	if len(s) < len("15:04") || s[2] != ':' {
		return 0, 0, 0, 0, rest, false
	}
	if hour, minute = two(s), two(s[3:]); hour > 23 || minute > 59 {
		return 0, 0, 0, 0, rest, false
	}
	rest = s[5:]
	if len(rest) == 0 || rest[0] != ':' {
		return hour, minute, 0, 0, rest, true
	}
	if len(rest) < len(":05") {
		return 0, 0, 0, 0, rest, false
	}
	if second = two(rest[1:]); second > 59 {
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
func zone(s []byte) (minutes int, ok bool) {
	switch {
	case len(s) == 0 || len(s) == 1 && s[0]|0x20 == 'z':
		return 0, true
	case len(s) == 6 && (s[0] == '+' || s[0] == '-') && s[3] == ':':
		h, m := two(s[1:]), two(s[4:])
		if h > 14 || m > 59 {
			return 0, false
		}
		if s[0] == '-' {
			return -(h*60 + m), true
		}
		return h*60 + m, true
	}
	return 0, false
}

// two is the number of the two digits at the start of s, or over 99 if they
// aren't digits.
func two(s []byte) int {
	tens, units := s[0]-'0', s[1]-'0'
	if tens > 9 || units > 9 {
		return 100
	}
	return 10*int(tens) + int(units)
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
