// Splits SQL text into its statements the way sqlite3_complete() finds their
// ends: a semicolon outside of literals and comments ends a statement, except
// inside CREATE TRIGGER … END. Live D1 answers `sql` with several statements
// with one result each; the engine by itself returns only the last one's.

// States of the machine in SQLite's src/complete.c.
const INVALID = 0, START = 1, NORMAL = 2, EXPLAIN = 3, CREATE = 4, TRIGGER = 5, SEMI = 6, END = 7;

// Columns: SEMI  WS  OTHER  EXPLAIN  CREATE  TEMP  TRIGGER  END
const NEXT = [
  [START, INVALID, NORMAL, EXPLAIN, CREATE, NORMAL, NORMAL, NORMAL],
  [START, START, NORMAL, EXPLAIN, CREATE, NORMAL, NORMAL, NORMAL],
  [START, NORMAL, NORMAL, NORMAL, NORMAL, NORMAL, NORMAL, NORMAL],
  [START, EXPLAIN, EXPLAIN, NORMAL, CREATE, NORMAL, NORMAL, NORMAL],
  [START, CREATE, NORMAL, NORMAL, NORMAL, CREATE, TRIGGER, NORMAL],
  [SEMI, TRIGGER, TRIGGER, TRIGGER, TRIGGER, TRIGGER, TRIGGER, TRIGGER],
  [SEMI, SEMI, TRIGGER, TRIGGER, TRIGGER, TRIGGER, TRIGGER, END],
  [START, END, TRIGGER, TRIGGER, TRIGGER, TRIGGER, TRIGGER, TRIGGER],
];
const KEYWORDS = { explain: 3, create: 4, temp: 5, temporary: 5, trigger: 6, end: 7 };

const TOKEN =
  /;|[ \t\n\f\r]+|\/\*[^]*?(?:\*\/|$)|--[^\n]*|'[^']*(?:'|$)|"[^"]*(?:"|$)|`[^`]*(?:`|$)|\[[^\]]*(?:\]|$)|[\w$\u0080-\uffff]+|[^]/g;

/**
 * @param {string} sql
 * @returns {string[]} the statements, without those that hold no token; the
 *   text as it came when there are fewer than two.
 */
export function splitStatements(sql) {
  const statements = [];
  let state = START, begin = 0, blank = true;
  for (const { 0: token, index } of sql.matchAll(TOKEN)) {
    const c = token[0];
    let kind = 2;
    if (token === ";") kind = 0;
    else if (" \t\n\f\r".includes(c) || token.startsWith("--") || token.startsWith("/*")) kind = 1;
    else kind = KEYWORDS[token.toLowerCase()] ?? 2;
    state = NEXT[state][kind];
    if (kind >= 2) blank = false;
    if (kind === 0 && state === START) {
      if (!blank) statements.push(sql.slice(begin, index + 1));
      begin = index + 1;
      blank = true;
    }
  }
  if (!blank) statements.push(sql.slice(begin));
  return statements.length < 2 ? [sql] : statements;
}
