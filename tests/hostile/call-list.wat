;; Returns 64 MiB of numbers.
(component
  (core module $m
    (memory (export "memory") 1025)
    (data (i32.const 16) "\00\00\01\00\00\00\80\00")
    (func (export "run") (result i32) (i32.const 16)))
  (core instance $i (instantiate $m))
  (func (export "run") (result (list u64))
    (canon lift (core func $i "run") (memory (core memory $i "memory")))))
