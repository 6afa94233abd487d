;; Speaks a version of the contract that nobody has written yet.
(component
  (instance $guest)
  (export "horarium:task/guest@99.0.0" (instance $guest)))
