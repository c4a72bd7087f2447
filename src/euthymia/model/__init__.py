"""The scales joined: parameters, slow states, fast circuits, one vector field and its solvers."""
