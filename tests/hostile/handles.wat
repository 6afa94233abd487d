;; Takes handles on a resource of its own for ever.
(core module $m
  (import "own" "new" (func $new (param i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 16) "run")
  (data (i32.const 64) "\80\00\00\00\01\00\00\00")
  (data (i32.const 128) "\10\00\00\00\03\00\00\00\10\00\00\00\03\00\00\00")
  (func (export "functions") (result i32) (i32.const 64))
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "done") (param i32))
  (func (export "run")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)
    (loop $again
      (drop (call $new (i32.const 7)))
      (br $again))
    (unreachable)))
(type $own (resource (rep i32)))
(core func $new (canon resource.new $own))
(core instance $i (instantiate $m (with "own" (instance (export "new" (func $new))))))
