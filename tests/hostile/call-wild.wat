;; Returns a list that lies outside of its memory.
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 16) "\00\ff\00\00\01\01\00\00")
    (func (export "run") (result i32) (i32.const 16)))
  (core instance $i (instantiate $m))
  (func (export "run") (result (list u8))
    (canon lift (core func $i "run") (memory (core memory $i "memory")))))
