;; Returns the same resource twice over.
(component
  (type $thing' (resource (rep i32)))
  (export $thing "thing" (type $thing'))
  (core func $new (canon resource.new $thing'))
  (core module $m
    (import "host" "new" (func $new (param i32) (result i32)))
    (memory (export "memory") 1)
    (func (export "run") (result i32) (local $it i32)
      (local.set $it (call $new (i32.const 1)))
      (i32.store (i32.const 16) (local.get $it))
      (i32.store (i32.const 20) (local.get $it))
      (i32.const 16)))
  (core instance $i (instantiate $m
    (with "host" (instance (export "new" (func $new))))))
  (func (export "run") (result (tuple (own $thing) (own $thing)))
    (canon lift (core func $i "run") (memory (core memory $i "memory")))))
