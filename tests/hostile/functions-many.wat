;; Has 10,000 functions of the same name.
(core module $m
  (memory (export "memory") 8)
  (data (i32.const 16) "run")
  (data (i32.const 64) "\80\00\00\00\01\00\00\00")
  (data (i32.const 128) "\10\00\00\00\03\00\00\00\10\00\00\00\03\00\00\00")
  (func (export "functions") (result i32)
    (local $n i32)
    (loop $more
      (memory.copy
        (i32.add (i32.const 65536) (i32.mul (local.get $n) (i32.const 40)))
        (i32.const 128) (i32.const 40))
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $more (i32.lt_u (local.get $n) (i32.const 10000))))
    (i32.store (i32.const 1024) (i32.const 65536))
    (i32.store (i32.const 1028) (i32.const 10000))
    (i32.const 1024))
  (func (export "realloc") (param i32 i32 i32 i32) (result i32) (i32.const 4096))
  (func (export "done") (param i32))
  (func (export "run")
    (param i32 i32 i32 i32 i32 i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)
    (i32.const 512)))
