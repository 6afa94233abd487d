;; Its output has 64 MiB.
(core module $m
  (memory (export "memory") 1)
  (data (i32.const 16) "run")
  (data (i32.const 64) "\80\00\00\00\01\00\00\00")
  (data (i32.const 128) "\10\00\00\00\03\00\00\00\10\00\00\00\03\00\00\00")
  (data (i32.const 512) "\00\00\00\00\00\00\00\00\01\00\00\00\00\00\01\00\00\00\00\04")
  (func (export "functions") (result i32) (i32.const 64))
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "done") (param i32))
  (func (export "run")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)
    (drop (memory.grow (i32.const 1025)))
    (i32.const 512)))
