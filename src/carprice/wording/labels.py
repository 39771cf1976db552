"""Labels, choices, limits and times: their English, and how they are put."""

from carprice.language import Text

LIMITS = Text("{low} à {high}", "{low} to {high}")

LABELS_IN_ENGLISH = {
    "price_mad": "Price", "make": "Make", "model": "Model", "model_year": "Model year",
    "mileage_km": "Kilometres", "fuel": "Fuel", "gearbox": "Gearbox", "doors": "Doors",
    "origin": "Origin", "first_owner": "First owner", "fiscal_power_cv": "Fiscal power",
    "condition": "Condition", "alloy_wheels": "Alloy wheels", "airbags": "Airbags",
    "air_conditioning": "Air conditioning", "navigation": "Navigation", "sunroof": "Sunroof",
    "leather_seats": "Leather seats", "parking_sensors": "Parking sensors",
    "reversing_camera": "Reversing camera", "electric_windows": "Electric windows", "abs": "ABS",
    "esp": "ESP", "cruise_control": "Cruise control", "speed_limiter": "Speed limiter",
    "audio_bluetooth": "CD/MP3/Bluetooth", "trip_computer": "Trip computer",
    "remote_locking": "Remote central locking", "city": "City", "link": "Link",
    "simulated": "Simulated advert",
}  # fmt: skip
CHOICES_IN_ENGLISH = {
    "diesel": "Diesel", "petrol": "Petrol", "hybrid": "Hybrid", "electric": "Electric",
    "lpg": "LPG", "manual": "Manual", "automatic": "Automatic",
    "local_new": "Bought new in Morocco", "customs_cleared": "Customs cleared",
    "imported_new": "Imported new", "uncleared": "Not cleared by customs yet",
    "new": "New", "excellent": "Excellent",
    "very_good": "Very good", "good": "Good", "fair": "Fair", "damaged": "Damaged",
    "for_parts": "For parts",
}  # fmt: skip
EQUIPMENT_LABEL = Text("équipement", "equipment")
MOMENT = Text("le {date} à {time} (heure du Maroc)", "{time} on {date} (Moroccan time)")
