;; Says of its type that it is a component that has no end.
(module

  (memory (export "memory") 1)
  (func (export "_start"))
  (@custom "component-type:x" "\00asm\0d\00\01\00\04\08\00asm\0d\00\01\00\04\7f"))
