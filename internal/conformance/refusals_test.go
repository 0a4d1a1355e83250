package conformance

// refusalScenarios try what D1 forbids, and the neighbours that it allows.
func refusalScenarios() []scenario {
	pragmas := []string{
		"analysis_limit", "application_id", "auto_vacuum", "automatic_index", "busy_timeout", "cache_size", "cache_spill", "case_sensitive_like", "cell_size_check",
		"checkpoint_fullfsync", "collation_list", "compile_options", "count_changes", "data_store_directory", "data_version", "database_list", "default_cache_size",
		"defer_foreign_keys", "empty_result_callbacks", "encoding", "foreign_key_check", "foreign_key_list", "foreign_keys", "freelist_count", "full_column_names",
		"fullfsync", "function_list", "hard_heap_limit", "ignore_check_constraints", "incremental_vacuum", "index_info", "index_list", "index_xinfo", "integrity_check",
		"journal_mode", "journal_size_limit", "legacy_alter_table", "legacy_file_format", "locking_mode", "max_page_count", "mmap_size", "module_list", "nope",
		"optimize", "page_count", "page_size", "parser_trace", "pragma_list", "query_only", "quick_check", "read_uncommitted", "recursive_triggers",
		"reverse_unordered_selects", "schema_version", "secure_delete", "short_column_names", "shrink_memory", "soft_heap_limit", "stats", "synchronous",
		"table_info", "table_list", "table_xinfo", "temp_store", "temp_store_directory", "threads", "trusted_schema", "user_version", "wal_autocheckpoint",
		"wal_checkpoint", "writable_schema",
	}
	plain, assigned, called, tables := scenario{name: "pragma"}, scenario{name: "pragma set"}, scenario{name: "pragma call"}, scenario{name: "pragma function"}
	for _, p := range pragmas {
		plain.requests = append(plain.requests, sql("PRAGMA "+p))
		assigned.requests = append(assigned.requests, sql("PRAGMA "+p+"=1"))
		called.requests = append(called.requests, sql("PRAGMA "+p+"(sqlite_schema)"))
		tables.requests = append(tables.requests, sql("SELECT count(*) FROM pragma_"+p))
	}
	return []scenario{
		plain, assigned, called, tables,
		each("pragma forms", `PRAGMA main.table_info(sqlite_schema)`, `PRAGMA table_info('sqlite_schema')`, `PRAGMA table_info="sqlite_schema"`, `PRAGMA temp.table_info(x)`, `PRAGMA`, `PRAGMA table_info(`, `pragma TABLE_INFO(nope)`, `PRAGMA main.foreign_keys`,
			`PRAGMA case_sensitive_like=ON`, `SELECT 'a' LIKE 'A'`, `PRAGMA case_sensitive_like=OFF`, `SELECT 'a' LIKE 'A'`, `PRAGMA table_list(sqlite_schema)`, `PRAGMA quick_check(1)`, `PRAGMA integrity_check(1)`, `PRAGMA optimize(0x10002)`, `PRAGMA recursive_triggers`, `PRAGMA recursive_triggers=ON`, `PRAGMA recursive_triggers`,
			`PRAGMA legacy_alter_table`, `PRAGMA ignore_check_constraints=ON`),
		each("transactions", `BEGIN`, `BEGIN IMMEDIATE`, `BEGIN TRANSACTION`, `COMMIT`, `END`, `ROLLBACK`, `SAVEPOINT a`, `RELEASE a`, `ROLLBACK TO a`, `SELECT 1; BEGIN`, `begin; select 1; commit`),
		each("not authorized", `ATTACH 'x' AS y`, `ATTACH ':memory:' AS y`, `DETACH main`, `CREATE TEMP TABLE x(a)`, `CREATE TEMPORARY VIEW x AS SELECT 1`, `CREATE TEMP TRIGGER x AFTER INSERT ON y BEGIN SELECT 1; END`, `CREATE TABLE temp.x(a)`, `SELECT sqlite_version()`, `SELECT sqlite_source_id()`, `SELECT load_extension('x')`, `VACUUM`, `VACUUM INTO 'x'`,
			`CREATE TABLE sqlite_x(a)`, `CREATE TABLE _cf_x(a)`, `CREATE TABLE _CF_x(a)`, `CREATE INDEX _cf_i ON sqlite_schema(name)`, `SELECT * FROM _cf_KV`, `SELECT * FROM _cf_METADATA`, `DROP TABLE _cf_METADATA`, `CREATE VIEW _cf_v AS SELECT 1`, `SELECT 1 AS _cf_a`, `INSERT INTO sqlite_schema VALUES (1,2,3,4,5)`, `DELETE FROM sqlite_schema`, `UPDATE sqlite_schema SET sql='x'`, `DROP TABLE sqlite_schema`,
			`SELECT * FROM sqlite_temp_schema`, `SELECT * FROM sqlite_temp_master`, `SELECT * FROM temp.sqlite_schema`, `SELECT * FROM main.sqlite_schema WHERE name NOT LIKE '\_cf%' ESCAPE '\'`, `SELECT * FROM dbstat`, `SELECT * FROM sqlite_dbpage`, `SELECT * FROM bytecode('SELECT 1')`, `SELECT * FROM generate_series(1,2)`, `SELECT * FROM sqlite_stmt`, `SELECT * FROM completion('a')`,
			`SELECT Sqlite_Version()`, `SELECT "sqlite_version"()`, `CREATE TABLE dv(a DEFAULT (sqlite_version()))`, `INSERT INTO dv DEFAULT VALUES`, `CREATE VIEW vv AS SELECT sqlite_version()`, `SELECT * FROM vv`, `ANALYZE sqlite_schema`, `ANALYZE main`, `REINDEX nope`),
		each("the engine's own table", `SELECT * FROM sqlite_schema`, `SELECT * FROM _cf_KV`, `SELECT count(*) FROM _cf_KV`, `SELECT 1 FROM _cf_KV`, `SELECT value FROM _cf_kv`, `DROP TABLE _cf_KV`, `INSERT INTO _cf_KV VALUES ('a',1)`, `UPDATE _cf_KV SET value=1`, `DELETE FROM _cf_KV`, `PRAGMA table_info(_cf_KV)`, `SELECT * FROM pragma_table_info('_cf_KV')`, `PRAGMA index_list(_cf_KV)`, `PRAGMA foreign_key_list(_cf_KV)`, `PRAGMA foreign_key_check(_cf_KV)`,
			`CREATE INDEX i ON _cf_KV(key)`, `ALTER TABLE _cf_KV ADD COLUMN x`, `ALTER TABLE _cf_KV RENAME TO y`, `CREATE TRIGGER tr AFTER INSERT ON _cf_KV BEGIN SELECT 1; END`, `CREATE VIEW v AS SELECT * FROM _cf_KV`, `SELECT * FROM v`, `ANALYZE _cf_KV`, `REINDEX _cf_KV`, `CREATE TABLE x(a REFERENCES _cf_KV(key))`, `INSERT INTO x VALUES ('a')`,
			`SELECT m.name, p.name FROM sqlite_schema m, pragma_table_info(m.name) p`, `SELECT m.name, p.name FROM sqlite_schema m, pragma_index_list(m.name) p`, `SELECT m.name, p.name FROM sqlite_schema m, pragma_table_info(m.name) p WHERE m.name NOT LIKE '\_cf%' ESCAPE '\' AND m.name NOT LIKE 'sqlite%'`, `SELECT * FROM pragma_table_list WHERE name<>'sqlite_stat4'`, `SELECT tbl, idx, stat FROM sqlite_stat1`, `SELECT count(*) FROM sqlite_stat4`),
	}
}
