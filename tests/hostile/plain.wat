;; A plugin with one function, which returns nothing.
(core module $m
  (memory (export "memory") 1)
  (data (i32.const 16) "run")
  ;; functions() returns the list at 64, whose only record is at 128.
  (data (i32.const 64) "\80\00\00\00\01\00\00\00")
  (data (i32.const 128) "\10\00\00\00\03\00\00\00\10\00\00\00\03\00\00\00")
  (func (export "functions") (result i32) (i32.const 64))
  ;; Everything is written to the same place: nobody reads it.
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "done") (param i32))
  (func (export "run")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)
    (i32.const 512)))
