;; Returns flags that its type does not have, a truth that is neither, a number that
;; is none: each is taken as what its lowest bits say.
(component
  (core module $m
    (memory (export "memory") 1)
    (data (i32.const 16) "\ff\ff\ff\ff\00\00\00\00\ff\ff\ff\ff\ff\ff\ff\ff")
    (func (export "run") (result i32) (i32.const 16)))
  (core instance $i (instantiate $m))
  (type $flags' (flags "one" "two" "three"))
  (export $flags "flags" (type $flags'))
  (func (export "run") (result (tuple $flags bool f64))
    (canon lift (core func $i "run") (memory (core memory $i "memory")))))
