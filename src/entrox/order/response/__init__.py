"""What a field and the temperature do: permittivity, hysteresis, transitions, relaxor measures."""
