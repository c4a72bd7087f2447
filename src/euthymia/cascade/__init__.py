"""The scales joined: one slow vector field, its fixed point, its production solver and its reference."""
